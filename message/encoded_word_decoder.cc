#include "message/encoded_word_decoder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "message/character_class.h"
#include "message/charset.h"

namespace mailstrom::message {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> DecodeQ(absl::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      bytes.push_back(' ');
    } else if (text[i] != '=') {
      bytes.push_back(text[i]);
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      bytes.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    }
  }
  return bytes;
}

std::optional<std::string> DecodeB(absl::string_view text) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes)) return std::nullopt;
  return bytes;
}

// Takes what stands before the next question mark from the front of `text`.
std::optional<absl::string_view> TakeUntilQuestionMark(absl::string_view& text) {
  const size_t end = text.find('?');
  if (end == absl::string_view::npos) return std::nullopt;
  const absl::string_view field = text.substr(0, end);
  text.remove_prefix(end + 1);
  return field;
}

}  // namespace

std::optional<EncodedWord> ParseEncodedWord(absl::string_view text) {
  absl::string_view rest = text;
  if (!absl::StartsWith(rest, "=?")) return std::nullopt;
  rest.remove_prefix(2);
  const std::optional<absl::string_view> charset = TakeUntilQuestionMark(rest);
  if (!charset.has_value() || !std::all_of(charset->begin(), charset->end(), IsTokenChar)) {
    return std::nullopt;
  }
  const std::optional<absl::string_view> encoding = TakeUntilQuestionMark(rest);
  if (!encoding.has_value() || encoding->size() != 1) return std::nullopt;
  const std::optional<absl::string_view> content = TakeUntilQuestionMark(rest);
  if (!content.has_value() || !absl::StartsWith(rest, "=") ||
      !std::all_of(content->begin(), content->end(), IsVchar)) {
    return std::nullopt;
  }
  std::optional<std::string> bytes;
  if (absl::EqualsIgnoreCase(*encoding, "q")) bytes = DecodeQ(*content);
  if (absl::EqualsIgnoreCase(*encoding, "b")) bytes = DecodeB(*content);
  if (!bytes.has_value()) return std::nullopt;
  const size_t length = rest.data() + 1 - text.data();
  return EncodedWord{std::string(charset->substr(0, charset->find('*'))), *std::move(bytes),
                     length};
}

void EncodedWordDecoder::AddEncodedWord(const EncodedWord& word, absl::string_view source) {
  if (!absl::EqualsIgnoreCase(word.charset, pending_charset_)) Flush();
  pending_charset_ = word.charset;
  pending_bytes_.append(word.bytes);
  absl::StrAppend(&pending_source_, pending_source_.empty() ? "" : " ", source);
}

void EncodedWordDecoder::AddPlain(absl::string_view text) {
  Flush();
  absl::StrAppend(&text_, text);
}

void EncodedWordDecoder::Flush() {
  if (pending_source_.empty()) return;
  text_.append(ConvertToUtf8(pending_bytes_, pending_charset_).value_or(pending_source_));
  pending_charset_.clear();
  pending_bytes_.clear();
  pending_source_.clear();
}

std::string EncodedWordDecoder::Finish() && {
  Flush();
  return std::move(text_);
}

std::string DecodeEncodedWords(absl::string_view text) {
  EncodedWordDecoder decoder;
  bool after_encoded_word = false;
  while (!text.empty()) {
    const size_t gap_size = std::min(text.find_first_not_of(" \t"), text.size());
    const absl::string_view gap = text.substr(0, gap_size);
    text.remove_prefix(gap_size);
    const absl::string_view word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    const std::optional<EncodedWord> encoded = ParseEncodedWord(word);
    const bool is_encoded = encoded.has_value() && encoded->length == word.size();
    if (!gap.empty() && !(is_encoded && after_encoded_word)) decoder.AddPlain(gap);
    if (is_encoded) {
      decoder.AddEncodedWord(*encoded, word);
    } else if (!word.empty()) {
      decoder.AddPlain(word);
    }
    after_encoded_word = is_encoded;
  }
  return std::move(decoder).Finish();
}

}  // namespace mailstrom::message
