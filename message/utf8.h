#ifndef MAILSTROM_MESSAGE_UTF8_H_
#define MAILSTROM_MESSAGE_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// Length of the well-formed UTF-8 sequence (RFC 3629: shortest form, no surrogates, up to U+10FFFF)
// with which `text` begins; 0 when it begins with none.
size_t Utf8SequenceLength(absl::string_view text);

// No byte above 127.
bool IsAscii(absl::string_view text);

// All of `text` is well-formed UTF-8.
bool IsValidUtf8(absl::string_view text);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_UTF8_H_
