#ifndef MAILSTROM_BASE_API_KEY_H_
#define MAILSTROM_BASE_API_KEY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom {

// An API key: `mailstrom_ID_SECRET`. The id, 10 hexadecimal digits, tells keys apart and is no
// secret; the secret has 256 bits, so that one SHA-256 protects it as well as any slower hash.
struct ApiKey {
  std::string id;
  // All of it, as a caller shows it.
  std::string text;
};

// Makes a key of random bytes, which nobody must be able to foresee.
using ApiKeyEntropy = std::array<uint8_t, 37>;
ApiKey MakeApiKey(const ApiKeyEntropy& entropy);

// The id of a key; nullopt: `text` does not look like one.
std::optional<absl::string_view> ApiKeyId(absl::string_view text);

// What is kept of a key: its SHA-256, 32 bytes.
std::string HashApiKey(absl::string_view text);

// Compares in a time that does not depend on where they differ.
bool HashesEqual(absl::string_view a, absl::string_view b);

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_API_KEY_H_
