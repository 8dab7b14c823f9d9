#include "delivery/printable_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::delivery {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD.

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// Whether a sequence that begins with these two bytes is overlong, a surrogate or beyond U+10FFFF.
bool IsOutOfRange(uint8_t first, uint8_t second) {
  switch (first) {
    case 0xE0:
      return second < 0xA0;
    case 0xED:
      return second > 0x9F;
    case 0xF0:
      return second < 0x90;
    case 0xF4:
      return second > 0x8F;
    default:
      return false;
  }
}

bool IsPrintableAscii(char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; }

// Looks at every byte, which takes less time than to stop at the first that is not.
bool IsAllPrintableAscii(absl::string_view text) {
  bool is_printable = true;
  for (const char c : text) is_printable &= IsPrintableAscii(c);
  return is_printable;
}

// Length of the printable UTF-8 character at the beginning of `text`; 0 when there is none.
size_t CharacterLength(absl::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return IsPrintableAscii(text[0]) ? 1 : 0;
  size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  return IsOutOfRange(first, static_cast<uint8_t>(text[1])) ? 0 : length;
}

}  // namespace

bool AppendPrintable(absl::string_view line, size_t max_bytes, std::string& text) {
  // Mostly the whole line is ASCII, and there is room.
  if (text.size() <= max_bytes && line.size() <= max_bytes - text.size() &&
      IsAllPrintableAscii(line)) {
    text.append(line.data(), line.size());
    return true;
  }
  while (!line.empty()) {
    if (text.size() >= max_bytes) return false;
    const auto end = absl::c_find_if_not(line, IsPrintableAscii);
    const size_t run = std::min<size_t>(end - line.begin(), max_bytes - text.size());
    text.append(line.data(), run);
    line.remove_prefix(run);
    if (line.empty()) break;
    const size_t length = CharacterLength(line);
    const absl::string_view piece = length > 0 ? line.substr(0, length) : kReplacement;
    if (text.size() + piece.size() > max_bytes) return false;
    absl::StrAppend(&text, piece);
    line.remove_prefix(length > 0 ? length : 1);
  }
  return true;
}

}  // namespace mailstrom::delivery
