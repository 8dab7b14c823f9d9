#include "base/api_key.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "openssl/mem.h"
#include "openssl/sha.h"

namespace mailstrom {
namespace {

constexpr absl::string_view kPrefix = "mailstrom_";
constexpr size_t kIdBytes = 5;
constexpr size_t kIdDigits = 2 * kIdBytes;
// 32 bytes in base64 without padding.
constexpr size_t kSecretCharacters = 43;

}  // namespace

ApiKey MakeApiKey(const ApiKeyEntropy& entropy) {
  const absl::string_view bytes(reinterpret_cast<const char*>(entropy.data()), entropy.size());
  ApiKey key;
  key.id = absl::BytesToHexString(bytes.substr(0, kIdBytes));
  key.text = absl::StrCat(kPrefix, key.id, "_", absl::WebSafeBase64Escape(bytes.substr(kIdBytes)));
  return key;
}

std::optional<absl::string_view> ApiKeyId(absl::string_view text) {
  if (text.size() != kPrefix.size() + kIdDigits + 1 + kSecretCharacters ||
      !absl::StartsWith(text, kPrefix) || text[kPrefix.size() + kIdDigits] != '_') {
    return std::nullopt;
  }
  return text.substr(kPrefix.size(), kIdDigits);
}

std::string HashApiKey(absl::string_view text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         reinterpret_cast<uint8_t*>(hash.data()));
  return hash;
}

bool HashesEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mailstrom
