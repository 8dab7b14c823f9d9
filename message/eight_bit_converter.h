#ifndef MAILSTROM_MESSAGE_EIGHT_BIT_CONVERTER_H_
#define MAILSTROM_MESSAGE_EIGHT_BIT_CONVERTER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::message {

// `message`, as CheckRaw or Compose made it, for a next hop without 8BITMIME (RFC 6152 §3): 8-bit
// content becomes quoted-printable or base64, whichever is shorter, its declarations follow, and
// all else stays byte for byte. Text around the parts of a multipart, which no reader shows, and
// 8-bit octets within content that claims to be encoded already, become `?`. A signature over the
// message (RFC 6376) does not survive; sign afterwards.
// FailedPrecondition: it cannot be converted, since 8-bit text stands in a header (RFC 6532) or
// within a part that is signed, encrypted or must not be encoded; the message says which.
absl::StatusOr<std::string> ConvertTo7Bit(absl::string_view message);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_EIGHT_BIT_CONVERTER_H_
