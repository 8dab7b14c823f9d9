#ifndef MAILSTROM_MESSAGE_CHARACTER_CLASS_H_
#define MAILSTROM_MESSAGE_CHARACTER_CLASS_H_

// The character classes of RFC 5322 §3.2 and RFC 2045 §5.1. Bytes above 127 belong to none of
// them; where RFC 6532 allows UTF-8, a caller asks IsUtf8Byte as well.

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace mailstrom::message {

inline bool IsUtf8Byte(char c) { return static_cast<unsigned char>(c) >= 0x80; }

inline bool IsWsp(char c) { return c == ' ' || c == '\t'; }

// VCHAR of RFC 5234: 33 to 126.
inline bool IsVchar(char c) { return c > ' ' && c < 0x7f; }

// Controls of ASCII, DEL included.
inline bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }

// What may stand in an atom (RFC 5322 §3.2.3).
inline bool IsAtext(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         (c != '\0' && absl::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != absl::string_view::npos);
}

// What may stand in a token of a MIME field (RFC 2045 §5.1).
inline bool IsTokenChar(char c) {
  return IsVchar(c) && absl::string_view("()<>@,;:\\\"/[]?=").find(c) == absl::string_view::npos;
}

// What may stand in the name of a header field (RFC 5322 §2.2).
inline bool IsFieldNameChar(char c) { return IsVchar(c) && c != ':'; }

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_CHARACTER_CLASS_H_
