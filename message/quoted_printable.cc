#include "message/quoted_printable.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace mailstrom::message {
namespace {

constexpr size_t kMaxLine = 76;
constexpr char kHexDigits[] = "0123456789ABCDEF";

// True for octets that may stay as they are (RFC 2045 §6.7 (2), (3)).
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = ' '; c < 0x7f; ++c) plain[c] = c != '=';
  plain['\t'] = true;
  return plain;
}();

#ifdef __SSE2__

constexpr size_t kBlock = 16;

// Copies a block, and returns how many octets at its front are printable and no equals sign.
size_t CopyBlock(const char* from, char* to) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
  // Octets above 127 are negative, so less than a space too.
  const __m128i special = _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(' ')),
                                       _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('=')),
                                                    _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f))));
  const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(special));
  return mask == 0 ? kBlock : std::countr_zero(mask);
}

#else

constexpr size_t kBlock = 8;

size_t CopyBlock(const char* from, char* to) {
  std::memcpy(to, from, kBlock);
  size_t size = 0;
  while (size < kBlock && from[size] >= ' ' && kPlain[static_cast<uint8_t>(from[size])]) ++size;
  return size;
}

#endif

// Encodes into a buffer, line by line. Three pointers are all that changes, and nothing else points
// at them, so that they stay in registers while octets are written.
class Encoder {
 public:
  Encoder(absl::string_view data, LineMode mode)
      : in_(data.data()), end_(in_ + data.size()), mode_(mode) {}

  bool done() const { return in_ == end_; }

  // Encodes up to the next line break of the output, or to the end. Writes at most kMaxWritten
  // octets to `buffer`, whatever lies behind the returned size.
  size_t EncodeLine(char* buffer) {
    line_ = to_ = buffer;
    do {
      CopyPlain();
      if (EndsLine(in_)) return EndLine();
      if (!kPlain[static_cast<uint8_t>(*in_)]) {
        if (column() + 3 > kMaxLine - (EndsLine(in_ + 1) ? 0 : 1)) return SoftBreak();
        PutEscaped(*in_++);
      } else if (EndsLine(in_ + 1) && !IsSpace(*in_)) {
        // One octet more fits where it ends the line.
        *to_++ = *in_++;
        return EndLine();
      } else {
        return SoftBreak();
      }
    } while (!done());
    return to_ - line_;
  }

  // A full line, a soft line break with an escaped space behind it, a line break, and a block.
  static constexpr size_t kMaxWritten = kMaxLine + 3 + 3 + 2 + kBlock;

 private:
  static bool IsSpace(char c) { return c == ' ' || c == '\t'; }

  size_t column() const { return to_ - line_; }

  bool EndsLine(const char* at) const {
    return at == end_ ||
           (*at == '\r' && mode_ == LineMode::kText && end_ - at > 1 && at[1] == '\n');
  }

  // Copies what may stay as it is, up to the column where a soft line break may have to stand.
  void CopyPlain() {
    const char* const limit = in_ + std::min<size_t>(kMaxLine - 1 - column(), end_ - in_);
    while (in_ < limit) {
      size_t size = 0;
      if (static_cast<size_t>(end_ - in_) >= kBlock) {
        size = CopyBlock(in_, to_);
        if (size == kBlock && static_cast<size_t>(limit - in_) >= kBlock) {
          // A constant, so that the next block need not wait for this one's size.
          in_ += kBlock;
          to_ += kBlock;
          continue;
        }
        size = std::min<size_t>(size, limit - in_);
        in_ += size;
        to_ += size;
        if (in_ == limit) return;
      }
      if (!kPlain[static_cast<uint8_t>(*in_)]) return;
      *to_++ = *in_++;
    }
  }

  void PutEscaped(char c) {
    const auto octet = static_cast<uint8_t>(c);
    *to_++ = '=';
    *to_++ = kHexDigits[octet >> 4];
    *to_++ = kHexDigits[octet & 15];
  }

  size_t SoftBreak() {
    std::memcpy(to_, "=\r\n", 3);
    return to_ + 3 - line_;
  }

  // White space at the end of a line is lost on the way, so it is escaped, on a line of its own if
  // need be.
  size_t EndLine() {
    if (to_ > line_ && IsSpace(to_[-1])) {
      const char space = *--to_;
      if (column() + 3 > kMaxLine) {
        std::memcpy(to_, "=\r\n", 3);
        to_ += 3;
      }
      PutEscaped(space);
    }
    if (in_ == end_) return to_ - line_;
    std::memcpy(to_, "\r\n", 2);
    in_ += 2;
    return to_ + 2 - line_;
  }

  const char* in_;
  const char* const end_;
  const LineMode mode_;
  char* to_ = nullptr;
  char* line_ = nullptr;
};

}  // namespace

void AppendQuotedPrintable(absl::string_view data, LineMode mode, std::string& out) {
  char buffer[4096];
  Encoder encoder(data, mode);
  while (!encoder.done()) {
    size_t used = 0;
    while (!encoder.done() && used + Encoder::kMaxWritten <= sizeof(buffer)) {
      used += encoder.EncodeLine(buffer + used);
    }
    out.append(buffer, used);
  }
}

size_t QuotedPrintableSize(absl::string_view data, LineMode mode) {
  char buffer[Encoder::kMaxWritten];
  Encoder encoder(data, mode);
  size_t size = 0;
  while (!encoder.done()) size += encoder.EncodeLine(buffer);
  return size;
}

size_t CountQuoted(absl::string_view data) {
  return std::count_if(data.begin(), data.end(), [](char c) {
    return !kPlain[static_cast<uint8_t>(c)] && c != '\r' && c != '\n';
  });
}

}  // namespace mailstrom::message
