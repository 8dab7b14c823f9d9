#include "message/transfer_encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "message/field_writer.h"

namespace mailstrom::message {
namespace {

constexpr size_t kEncodedLineBytes = 76;
constexpr size_t kBase64LineInput = kEncodedLineBytes / 4 * 3;
constexpr char kHexDigits[] = "0123456789ABCDEF";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// True for octets that quoted-printable leaves as they are (RFC 2045 §6.7 (2), (3)).
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = ' '; c < 0x7f; ++c) plain[c] = c != '=';
  plain['\t'] = true;
  return plain;
}();

// Each pair of digits for twelve bits.
constexpr std::array<char, 8192> kBase64Pairs = [] {
  std::array<char, 8192> pairs{};
  for (int i = 0; i < 4096; ++i) {
    pairs[2 * i] = kBase64Digits[i >> 6];
    pairs[2 * i + 1] = kBase64Digits[i & 63];
  }
  return pairs;
}();

size_t Base64Size(size_t size) {
  const size_t digits = (size + 2) / 3 * 4;
  return digits + (digits + kEncodedLineBytes - 1) / kEncodedLineBytes * 2;
}

// Writes the digits of `size` octets to `to`, and returns their end.
char* EncodeBase64Line(const unsigned char* from, size_t size, char* to) {
  for (; size >= 3; size -= 3, from += 3, to += 4) {
    const uint32_t bits = from[0] << 16 | from[1] << 8 | from[2];
    std::memcpy(to, &kBase64Pairs[2 * (bits >> 12)], 2);
    std::memcpy(to + 2, &kBase64Pairs[2 * (bits & 4095)], 2);
  }
  if (size == 0) return to;
  const uint32_t bits = from[0] << 16 | (size == 2 ? from[1] << 8 : 0);
  *to++ = kBase64Digits[bits >> 18];
  *to++ = kBase64Digits[bits >> 12 & 63];
  *to++ = size == 2 ? kBase64Digits[bits >> 6 & 63] : '=';
  *to++ = '=';
  return to;
}

// Where the encoder below puts its output: into a string, or only into a number.
class StringSink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  void Append(absl::string_view text) { out_.append(text.data(), text.size()); }

 private:
  std::string& out_;
};

class CountingSink {
 public:
  void Append(absl::string_view text) { size_ += text.size(); }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

template <typename Sink>
class QuotedPrintableEncoder {
 public:
  QuotedPrintableEncoder(absl::string_view data, LineMode mode, Sink& sink)
      : data_(data), mode_(mode), sink_(sink) {}

  void Encode() {
    while (pos_ < data_.size()) {
      const size_t end = PlainRunEnd();
      if (end > pos_) {
        AppendPlain(end);
      } else if (IsLineBreak(pos_)) {
        sink_.Append("\r\n");
        column_ = 0;
        pos_ += 2;
      } else {
        AppendEscaped();
      }
    }
  }

 private:
  bool IsLineBreak(size_t pos) const {
    return mode_ == LineMode::kText && data_.substr(pos, 2) == "\r\n";
  }

  bool EndsLine(size_t pos) const { return pos == data_.size() || IsLineBreak(pos); }

  // The end of the octets from pos_ that need no escape.
  size_t PlainRunEnd() const {
    size_t end = pos_;
    while (end < data_.size() && kPlain[static_cast<unsigned char>(data_[end])]) ++end;
    const bool ends_in_space = end > pos_ && (data_[end - 1] == ' ' || data_[end - 1] == '\t');
    return ends_in_space && EndsLine(end) ? end - 1 : end;
  }

  // A line holds 75 octets and the `=` of a soft line break, or 76 that end it.
  size_t Room(size_t end) const { return kEncodedLineBytes - column_ - (EndsLine(end) ? 0 : 1); }

  void SoftBreak() {
    sink_.Append("=\r\n");
    column_ = 0;
  }

  void AppendPlain(size_t end) {
    while (end - pos_ > Room(end)) {
      const size_t size = kEncodedLineBytes - 1 - column_;
      sink_.Append(data_.substr(pos_, size));
      pos_ += size;
      SoftBreak();
    }
    sink_.Append(data_.substr(pos_, end - pos_));
    column_ += end - pos_;
    pos_ = end;
  }

  void AppendEscaped() {
    if (Room(pos_ + 1) < 3) SoftBreak();
    const auto byte = static_cast<unsigned char>(data_[pos_]);
    const char escaped[] = {'=', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    sink_.Append(absl::string_view(escaped, sizeof(escaped)));
    column_ += sizeof(escaped);
    ++pos_;
  }

  const absl::string_view data_;
  const LineMode mode_;
  Sink& sink_;
  size_t pos_ = 0;
  size_t column_ = 0;
};

}  // namespace

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
  size_t line_start = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    const auto c = static_cast<unsigned char>(data[i]);
    if (c == '\0' || c > 127 || c == '\n') return false;
    if (c == '\r') {
      if (i + 1 == data.size() || data[i + 1] != '\n' || i - line_start > kMaxLineBytes) {
        return false;
      }
      line_start = ++i + 1;
    }
  }
  return data.size() - line_start <= kMaxLineBytes;
}

TransferEncoding ChooseTransferEncoding(absl::string_view data, LineMode mode) {
  if (mode == LineMode::kText && Is7bit(data)) return TransferEncoding::k7bit;
  // An escape takes two octets more: most binary data is decided without encoding it.
  const size_t escapes = std::count_if(data.begin(), data.end(), [](char c) {
    return !kPlain[static_cast<unsigned char>(c)] && c != '\r' && c != '\n';
  });
  const size_t base64_size = Base64Size(data.size());
  if (data.size() + 2 * escapes > base64_size) return TransferEncoding::kBase64;
  return QuotedPrintableSize(data, mode) <= base64_size ? TransferEncoding::kQuotedPrintable
                                                        : TransferEncoding::kBase64;
}

void AppendBase64(absl::string_view data, std::string& out) {
  const size_t start = out.size();
  out.resize(start + Base64Size(data.size()));
  const auto* from = reinterpret_cast<const unsigned char*>(data.data());
  char* to = out.data() + start;
  for (size_t left = data.size(); left > 0;) {
    const size_t size = std::min(left, kBase64LineInput);
    to = EncodeBase64Line(from, size, to);
    *to++ = '\r';
    *to++ = '\n';
    from += size;
    left -= size;
  }
}

void AppendQuotedPrintable(absl::string_view data, LineMode mode, std::string& out) {
  StringSink sink(out);
  QuotedPrintableEncoder<StringSink>(data, mode, sink).Encode();
}

size_t QuotedPrintableSize(absl::string_view data, LineMode mode) {
  CountingSink sink;
  QuotedPrintableEncoder<CountingSink>(data, mode, sink).Encode();
  return sink.size();
}

}  // namespace mailstrom::message
