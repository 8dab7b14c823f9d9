#include "message/transfer_encoding.h"

#include <algorithm>
#include <cstddef>

#include "message/field_writer.h"
#include "message/utf8.h"

namespace mailstrom::message {

absl::string_view TransferEncodingName(TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::k7bit:
      return "7bit";
    case TransferEncoding::kQuotedPrintable:
      return "quoted-printable";
    case TransferEncoding::kBase64:
      return "base64";
  }
  return "";
}

bool Is7bit(absl::string_view data) {
  if (!IsAscii(data) || data.find('\0') != absl::string_view::npos) return false;
  while (!data.empty()) {
    const size_t line_size = std::min(data.find('\n'), data.size());
    const absl::string_view line = data.substr(0, line_size);
    const size_t cr = std::min(line.find('\r'), line_size);
    const bool ends_in_crlf = line_size < data.size() && cr + 1 == line_size;
    const bool has_no_end = line_size == data.size() && cr == line_size;
    if (cr > kMaxLineBytes || !(ends_in_crlf || has_no_end)) return false;
    data.remove_prefix(has_no_end ? line_size : line_size + 1);
  }
  return true;
}

TransferEncoding ChooseTransferEncoding(absl::string_view data, LineMode mode) {
  if (mode == LineMode::kText && Is7bit(data)) return TransferEncoding::k7bit;
  // An escape takes two octets more: most binary data is decided without encoding it.
  const size_t base64_size = Base64Size(data.size());
  if (data.size() + 2 * CountQuoted(data) > base64_size) return TransferEncoding::kBase64;
  return QuotedPrintableSize(data, mode) <= base64_size ? TransferEncoding::kQuotedPrintable
                                                        : TransferEncoding::kBase64;
}

void AppendEncoded(absl::string_view data, TransferEncoding encoding, LineMode mode,
                   std::string& out) {
  switch (encoding) {
    case TransferEncoding::k7bit:
      out.append(data.data(), data.size());
      break;
    case TransferEncoding::kQuotedPrintable:
      AppendQuotedPrintable(data, mode, out);
      break;
    case TransferEncoding::kBase64:
      AppendBase64(data, out);
      break;
  }
}

}  // namespace mailstrom::message
