#ifndef MAILSTROM_MESSAGE_TRANSFER_ENCODING_H_
#define MAILSTROM_MESSAGE_TRANSFER_ENCODING_H_

// Content transfer encodings (RFC 2045 §6).

#include <string>

#include "absl/strings/string_view.h"
#include "message/base64.h"            // IWYU pragma: export
#include "message/quoted_printable.h"  // IWYU pragma: export

namespace mailstrom::message {

enum class TransferEncoding { k7bit, kQuotedPrintable, kBase64 };

// As the Content-Transfer-Encoding field names it.
absl::string_view TransferEncodingName(TransferEncoding encoding);

// Whether `data` may travel as it is: octets 1 to 127, CR and LF only as CRLF, no line over 998
// octets (RFC 2045 §2.7).
bool Is7bit(absl::string_view data);

// 7bit where `data` allows it and is text, else the shorter of the two others.
TransferEncoding ChooseTransferEncoding(absl::string_view data, LineMode mode);

// Appends `data` in that encoding.
void AppendEncoded(absl::string_view data, TransferEncoding encoding, LineMode mode,
                   std::string& out);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_TRANSFER_ENCODING_H_
