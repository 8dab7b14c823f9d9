#ifndef MAILSTROM_MESSAGE_TRANSFER_ENCODING_H_
#define MAILSTROM_MESSAGE_TRANSFER_ENCODING_H_

// Content transfer encodings (RFC 2045 §6).

#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

enum class TransferEncoding { k7bit, kQuotedPrintable, kBase64 };

// As the Content-Transfer-Encoding field names it.
absl::string_view TransferEncodingName(TransferEncoding encoding);

// Whether CRLF within the data ends a line, or is two octets like any other.
enum class LineMode { kText, kBinary };

// Whether `data` may travel as it is: octets 1 to 127, CR and LF only as CRLF, no line over 998
// octets (RFC 2045 §2.7).
bool Is7bit(absl::string_view data);

// 7bit where `data` allows it and is text, else the shorter of the two others.
TransferEncoding ChooseTransferEncoding(absl::string_view data, LineMode mode);

// Appends `data` in lines of 76 octets, each of which ends in CRLF.
void AppendBase64(absl::string_view data, std::string& out);

// Appends `data` in lines of at most 76 octets, tabs and spaces never at the end of one. Ends in
// CRLF only where `data` does, and is text.
void AppendQuotedPrintable(absl::string_view data, LineMode mode, std::string& out);

// What AppendQuotedPrintable would append, in octets.
size_t QuotedPrintableSize(absl::string_view data, LineMode mode);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_TRANSFER_ENCODING_H_
