#include "message/utf8.h"

#include <cstdint>
#include <cstring>

namespace mailstrom::message {
namespace {

bool IsContinuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// Number of leading bytes below 128, found eight at a time.
size_t AsciiPrefixLength(absl::string_view text) {
  size_t pos = 0;
  while (pos + sizeof(uint64_t) <= text.size()) {
    uint64_t block;
    std::memcpy(&block, text.data() + pos, sizeof(block));
    if ((block & 0x8080808080808080u) != 0) break;
    pos += sizeof(block);
  }
  while (pos < text.size() && static_cast<unsigned char>(text[pos]) < 0x80) ++pos;
  return pos;
}

}  // namespace

size_t Utf8SequenceLength(absl::string_view text) {
  if (text.empty()) return 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char lead = bytes[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(bytes[i])) return 0;
  }
  const unsigned char second = bytes[1];
  if (lead == 0xe0 && second < 0xa0) return 0;  // Overlong.
  if (lead == 0xed && second > 0x9f) return 0;  // Surrogate.
  if (lead == 0xf0 && second < 0x90) return 0;  // Overlong.
  if (lead == 0xf4 && second > 0x8f) return 0;  // Above U+10FFFF.
  return length;
}

bool IsAscii(absl::string_view text) { return AsciiPrefixLength(text) == text.size(); }

bool IsValidUtf8(absl::string_view text) {
  for (;;) {
    text.remove_prefix(AsciiPrefixLength(text));
    if (text.empty()) return true;
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

}  // namespace mailstrom::message
