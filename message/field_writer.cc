#include "message/field_writer.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "message/character_class.h"
#include "message/encoded_word.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

// One octet below the 78 of RFC 5322 §2.1.1, for a separator that is glued on later.
constexpr size_t kLineLimit = 77;
constexpr size_t kEncodedWordLineLimit = kMaxEncodedWordLineBytes - 1;

// Longer display names are encoded, for encoded-words are what every reader unfolds.
constexpr size_t kMaxPlainPhraseBytes = 70;

// White space longer than this is no place to fold: it is encoded with the word behind it.
constexpr size_t kMaxGapBytes = 64;

constexpr size_t kMinSectionBytes = 24;

bool LooksEncoded(absl::string_view text) { return absl::StrContains(text, "=?"); }

size_t SkipWhile(absl::string_view text, size_t pos, bool (*is_in)(char)) {
  while (pos < text.size() && is_in(text[pos])) ++pos;
  return pos;
}

bool IsNotWsp(char c) { return !IsWsp(c); }

// A word of unstructured text, and the white space before it.
struct Word {
  size_t gap_begin;
  size_t begin;
  size_t end;
  // Readers would not give it back as it is, or not the white space around it.
  bool encode;
  // The gap before it must be encoded as well, but for its first octet between words.
  bool encode_gap;
};

// The word of `text` that follows `pos`. One that white space alone follows includes it.
Word NextWord(absl::string_view text, size_t pos) {
  Word word = {};
  word.gap_begin = pos;
  word.begin = SkipWhile(text, pos, IsWsp);
  word.end = SkipWhile(text, word.begin, IsNotWsp);
  const size_t gap_size = word.begin - word.gap_begin;
  word.encode_gap = gap_size > 0 && (pos == 0 || gap_size > kMaxGapBytes);
  const bool is_before_trailing_gap =
      word.end < text.size() && SkipWhile(text, word.end, IsWsp) == text.size();
  const absl::string_view content = text.substr(word.begin, word.end - word.begin);
  word.encode = word.encode_gap || is_before_trailing_gap || content.size() > kMaxTokenBytes ||
                LooksEncoded(content) || !IsAscii(content);
  if (is_before_trailing_gap) word.end = text.size();
  return word;
}

// Whether `text` is atoms with one space between them, which need no quotes.
bool IsAtoms(absl::string_view text) {
  char last = ' ';
  for (const char c : text) {
    if (c == ' ' ? last == ' ' : !IsAtext(c)) return false;
    last = c;
  }
  return last != ' ';
}

// Whether `text` fits between quotes as it is.
bool IsQuotable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || IsVchar(c); }) &&
         text.front() != ' ' && text.back() != ' ';
}

std::string Quote(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

// A parameter's value that every reader takes as it is within quotes: escapes, and what looks like
// an encoded-word, are read differently by different programs.
bool IsPlainParameterValue(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c == ' ' || IsVchar(c)) && c != '"' && c != '\\'; }) &&
         !LooksEncoded(text);
}

// attribute-char of RFC 2231 §7.
bool IsAttributeChar(char c) { return IsTokenChar(c) && c != '*' && c != '\'' && c != '%'; }

// A token that no reader takes for an encoded value.
bool IsPlainToken(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsAttributeChar);
}

// The first character of `text`, percent-encoded where it has to be.
std::string PercentEncodedCharacter(absl::string_view text, size_t length) {
  std::string encoded;
  for (const char c : text.substr(0, length)) {
    if (IsAttributeChar(c)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      absl::StrAppend(&encoded, "%", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  return encoded;
}

}  // namespace

FieldWriter::FieldWriter(absl::string_view name, std::string& out)
    : out_(out), line_start_(out.size()), line_limit_(kLineLimit) {
  absl::StrAppend(&out_, name, ":");
}

void FieldWriter::Fold() {
  out_.append("\r\n");
  line_start_ = out_.size();
  line_limit_ = kLineLimit;
}

void FieldWriter::AddToken(absl::string_view gap, absl::string_view token) {
  if (column() + gap.size() + token.size() > line_limit_) Fold();
  out_.append(gap.data(), gap.size());
  out_.append(token.data(), token.size());
}

void FieldWriter::AddFirstToken(absl::string_view token) {
  if (column() + 1 + token.size() > kMaxLineBytes) Fold();
  absl::StrAppend(&out_, " ", token);
}

void FieldWriter::AddEncodedWords(absl::string_view gap, absl::string_view text) {
  const WordEncoding encoding = ShorterWordEncoding(text);
  while (!text.empty()) {
    if (column() + gap.size() + kMinEncodedWordBytes > kEncodedWordLineLimit) Fold();
    line_limit_ = kEncodedWordLineLimit;
    out_.append(gap.data(), gap.size());
    text.remove_prefix(AppendEncodedWord(text, encoding, line_limit_ - column(), out_));
    gap = " ";
  }
}

void FieldWriter::AddText(absl::string_view text) {
  size_t pos = 0;
  while (pos < text.size()) {
    Word word = NextWord(text, pos);
    if (!word.encode) {
      const absl::string_view token = text.substr(word.begin, word.end - word.begin);
      if (pos == 0) {
        AddFirstToken(token);
      } else {
        AddToken(text.substr(word.gap_begin, word.begin - word.gap_begin), token);
      }
      pos = word.end;
      continue;
    }
    absl::string_view gap = " ";
    size_t begin = word.begin;
    if (pos > 0 && word.encode_gap) {
      gap = text.substr(word.gap_begin, 1);
      begin = word.gap_begin + 1;
    } else if (pos > 0) {
      gap = text.substr(word.gap_begin, word.begin - word.gap_begin);
    } else {
      begin = 0;
    }
    // Readers drop white space between encoded-words, so neighbours are encoded with what is
    // between them.
    size_t end = word.end;
    while (end < text.size()) {
      word = NextWord(text, end);
      if (!word.encode) break;
      end = word.end;
    }
    AddEncodedWords(gap, text.substr(begin, end - begin));
    pos = end;
  }
}

void FieldWriter::AddPhrase(absl::string_view text, absl::string_view suffix) {
  // Readers treat folding within a phrase differently, so one that is not encoded stays whole.
  const bool is_plain = !text.empty() && text.size() <= kMaxPlainPhraseBytes && !LooksEncoded(text);
  if (is_plain && IsAtoms(text)) {
    AddToken(absl::StrCat(text, suffix));
  } else if (is_plain && IsQuotable(text)) {
    AddToken(absl::StrCat(Quote(text), suffix));
  } else {
    AddEncodedWords(" ", text);
    if (!suffix.empty()) AddToken(suffix);
  }
}

void FieldWriter::AddParameter(absl::string_view name, absl::string_view value) {
  Glue(';');
  // A space before the parameter, and room for the equals sign and the quotes.
  const bool fits = name.size() + value.size() + 4 <= kLineLimit;
  if (fits && IsPlainToken(value)) {
    AddToken(absl::StrCat(name, "=", value));
  } else if (fits && IsPlainParameterValue(value)) {
    AddToken(absl::StrCat(name, "=\"", value, "\""));
  } else {
    AddExtendedParameter(name, value);
  }
}

void FieldWriter::AddExtendedParameter(absl::string_view name, absl::string_view value) {
  std::vector<std::string> sections(1, "utf-8''");
  // A space, `*999*=` and a semicolon share the line with each section. Behind a very long name, a
  // section takes at least the charset and a character.
  const size_t overhead = name.size() + 8;
  const size_t room =
      overhead + kMinSectionBytes < kLineLimit ? kLineLimit - overhead : kMinSectionBytes;
  while (!value.empty()) {
    const size_t length = std::max<size_t>(1, Utf8SequenceLength(value));
    const std::string encoded = PercentEncodedCharacter(value, length);
    if (sections.back().size() + encoded.size() > room) sections.emplace_back();
    sections.back().append(encoded);
    value.remove_prefix(length);
  }
  if (sections.size() == 1) {
    AddToken(absl::StrCat(name, "*=", sections[0]));
    return;
  }
  for (size_t i = 0; i < sections.size(); ++i) {
    if (i > 0) Glue(';');
    AddToken(absl::StrCat(name, "*", i, "*=", sections[i]));
  }
}

void FieldWriter::Finish() { out_.append("\r\n"); }

}  // namespace mailstrom::message
