#include "clients/cli/bulk/placeholder_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace mailstrom::cli {
namespace {

bool IsNameByte(char byte) {
  return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || byte == '_' || byte == '-' ||
         byte == '.';
}

// The name in braces with which `text` begins; empty: there is none.
absl::string_view NameAt(absl::string_view text) {
  size_t end = 1;
  while (end < text.size() && IsNameByte(text[end])) ++end;
  if (end == 1 || end == text.size() || text[end] != '}') return "";
  return text.substr(1, end - 1);
}

}  // namespace

absl::StatusOr<PlaceholderText> PlaceholderText::Parse(absl::string_view text,
                                                       absl::Span<const std::string> columns) {
  PlaceholderText parsed;
  Piece piece;
  while (!text.empty()) {
    const size_t brace = std::min(text.find('{'), text.size());
    absl::StrAppend(&piece.text, text.substr(0, brace));
    text.remove_prefix(brace);
    if (text.empty()) break;
    const bool twice = text.size() > 1 && text[1] == '{';
    const absl::string_view name = NameAt(twice ? text.substr(1) : text);
    if (name.empty()) {
      piece.text += '{';
      text.remove_prefix(1);
      continue;
    }
    if (twice && text.substr(name.size() + 3, 1) == "}") {
      absl::StrAppend(&piece.text, "{", name, "}");
      text.remove_prefix(name.size() + 4);
      continue;
    }
    if (twice) {
      piece.text += '{';
      text.remove_prefix(1);
    }
    const auto column = std::find(columns.begin(), columns.end(), absl::AsciiStrToLower(name));
    if (column == columns.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("{", name, "} is no column; there are ", absl::StrJoin(columns, ", ")));
    }
    piece.column = static_cast<int>(column - columns.begin());
    parsed.pieces_.push_back(piece);
    piece = Piece();
    text.remove_prefix(name.size() + 2);
  }
  parsed.pieces_.push_back(piece);
  return parsed;
}

std::string PlaceholderText::Fill(absl::Span<const std::string> values, bool html) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    absl::StrAppend(&text, piece.text);
    if (piece.column < 0) continue;
    const std::string& value = values[static_cast<size_t>(piece.column)];
    if (html) {
      absl::StrAppend(
          &text,
          absl::StrReplaceAll(
              value,
              {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}}));
    } else {
      absl::StrAppend(&text, value);
    }
  }
  return text;
}

}  // namespace mailstrom::cli
