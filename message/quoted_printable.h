#ifndef MAILSTROM_MESSAGE_QUOTED_PRINTABLE_H_
#define MAILSTROM_MESSAGE_QUOTED_PRINTABLE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// Whether CRLF within the data ends a line, or is two octets like any other.
enum class LineMode { kText, kBinary };

// Appends `data` as quoted-printable (RFC 2045 §6.7): lines of at most 76 octets, tabs and spaces
// never at the end of one. Ends in CRLF only where `data` does, and is text.
void AppendQuotedPrintable(absl::string_view data, LineMode mode, std::string& out);

// What AppendQuotedPrintable appends, in octets.
size_t QuotedPrintableSize(absl::string_view data, LineMode mode);

// The octets of `data` that cannot stay as they are, CR and LF not counted.
size_t CountQuoted(absl::string_view data);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_QUOTED_PRINTABLE_H_
