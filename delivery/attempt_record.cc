#include "delivery/attempt_record.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace mailstrom::delivery {
namespace {

constexpr size_t kMaxTextBytes = 1024;
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

// Length of the printable UTF-8 character at the beginning of `text`; 0 when there is none.
size_t CharacterLength(absl::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return (first >= 0x20 && first != 0x7F) || first == '\t' ? 1 : 0;
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

// Appends `line` as far as it fits. False: it did not fit.
bool AppendClean(absl::string_view line, std::string& text) {
  while (!line.empty()) {
    const size_t length = CharacterLength(line);
    const absl::string_view piece = length > 0 ? line.substr(0, length) : kReplacement;
    if (text.size() + piece.size() > kMaxTextBytes) return false;
    absl::StrAppend(&text, piece);
    line.remove_prefix(length > 0 ? length : 1);
  }
  return true;
}

}  // namespace

storage::Reply ToStoredReply(const smtp::Reply& reply) {
  storage::Reply stored;
  stored.code = reply.code;
  stored.enhanced_code = reply.enhanced_code;
  for (size_t i = 0; i < reply.lines.size(); ++i) {
    if (i > 0) {
      if (stored.text.size() + 1 > kMaxTextBytes) break;
      stored.text.push_back('\n');
    }
    if (!AppendClean(reply.lines[i], stored.text)) break;
  }
  return stored;
}

std::string Describe(const Verdict& verdict, absl::string_view reason) {
  std::string text;
  if (!verdict.enhanced_code.empty()) text = absl::StrCat(verdict.enhanced_code, " ");
  AppendClean(reason, text);
  return text;
}

}  // namespace mailstrom::delivery
