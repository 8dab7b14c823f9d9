#ifndef MAILSTROM_MESSAGE_BASE64_H_
#define MAILSTROM_MESSAGE_BASE64_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// Appends `data` in base64 (RFC 2045 §6.8): lines of 76 octets, each of which ends in CRLF.
void AppendBase64(absl::string_view data, std::string& out);

// What AppendBase64 appends for so much data, in octets.
size_t Base64Size(size_t data_size);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_BASE64_H_
