#include "clients/cli/utf8.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace mailstrom::cli {
namespace {

// Length of the well-formed character at the start of non-empty `text`; 0 when there is none.
size_t CharacterLength(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  // The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF.
  const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

bool IsControl(absl::string_view character) {
  const uint8_t first = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  // U+0080 to U+009F: some terminals obey them.
  return character.size() == 2 && first == 0xc2 && static_cast<uint8_t>(character[1]) < 0xa0;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Printable(absl::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t length = std::max<size_t>(CharacterLength(text), 1);
    const absl::string_view character = text.substr(0, length);
    if (character == "\n" || character == "\t") {
      result += ' ';
    } else if (character != "\r") {
      const bool broken = CharacterLength(text) == 0;
      result += broken || IsControl(character) ? "?" : std::string(character);
    }
    text.remove_prefix(length);
  }
  return result;
}

size_t CountCharacters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char byte) { return (static_cast<uint8_t>(byte) & 0xc0) != 0x80; });
}

std::string Truncate(absl::string_view text, size_t columns) {
  if (CountCharacters(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  size_t kept = 0;
  for (size_t i = 0; i + 1 < columns; ++i) {
    kept += std::max<size_t>(CharacterLength(text.substr(kept)), 1);
  }
  return std::string(text.substr(0, kept)) + "…";
}

}  // namespace mailstrom::cli
