#include "message/field_parser.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace mailstrom::message {
namespace {

bool IsWsp(char c) { return c == ' ' || c == '\t'; }
// Of a field name (RFC 5322 §2.2).
bool IsFieldText(char c) { return c > ' ' && c < '\x7f' && c != ':'; }

absl::string_view WithoutLineEnd(absl::string_view line) {
  if (absl::ConsumeSuffix(&line, "\n")) absl::ConsumeSuffix(&line, "\r");
  return line;
}

bool IsBlank(absl::string_view line) { return std::all_of(line.begin(), line.end(), IsWsp); }

class Parser {
 public:
  explicit Parser(absl::string_view bytes) : bytes_(bytes) {}

  HeaderBlock Run() {
    size_t pos = 0;
    while (pos < bytes_.size()) {
      ++line_;
      const absl::string_view line = LineAt(pos);
      const absl::string_view text = WithoutLineEnd(line);
      if (text.empty()) {
        block_.fields_size = pos;
        block_.size = pos + line.size();
        return std::move(block_);
      }
      if (IsWsp(text[0])) {
        AddContinuation(line, text);
      } else {
        AddField(line, text);
      }
      pos += line.size();
    }
    block_.fields_size = block_.size = pos;
    return std::move(block_);
  }

 private:
  absl::string_view LineAt(size_t pos) const {
    const size_t line_feed = bytes_.find('\n', pos);
    return bytes_.substr(pos,
                         line_feed == absl::string_view::npos ? line_feed : line_feed + 1 - pos);
  }

  void AddContinuation(absl::string_view line, absl::string_view text) {
    if (IsBlank(text)) AddProblem("a line of nothing but white space must not be in a header");
    if (!in_field_) {
      if (block_.fields.empty()) AddProblem("a continuation line must follow a field");
      return;
    }
    Field& field = block_.fields.back();
    field.bytes = absl::string_view(field.bytes.data(), field.bytes.size() + line.size());
    field.value = absl::string_view(
        field.value.data(), static_cast<size_t>(text.data() + text.size() - field.value.data()));
  }

  void AddField(absl::string_view line, absl::string_view text) {
    in_field_ = false;
    const auto* const end = std::find_if_not(text.begin(), text.end(), IsFieldText);
    const auto* const colon = std::find_if_not(end, text.end(), IsWsp);
    if (end == text.begin() || colon == text.end() || *colon != ':') {
      AddProblem("not a header field: a name of printable ASCII and a colon must begin it");
      return;
    }
    if (colon != end) AddProblem("white space before the colon of a field is obsolete");
    if (block_.fields.size() == kMaxHeaderFields) {
      AddProblem("the header has too many fields");
      return;
    }
    in_field_ = true;
    const size_t name_size = static_cast<size_t>(end - text.begin());
    const size_t value_begin = static_cast<size_t>(colon + 1 - text.begin());
    block_.fields.push_back({text.substr(0, name_size), text.substr(value_begin), line, line_});
  }

  void AddProblem(absl::string_view description) {
    if (block_.problems.size() < kMaxHeaderProblems) {
      block_.problems.push_back({line_, std::string(description)});
    }
  }

  const absl::string_view bytes_;
  size_t line_ = 0;
  // The last line belongs to the last field.
  bool in_field_ = false;
  HeaderBlock block_;
};

}  // namespace

bool Field::Is(absl::string_view other_name) const {
  return absl::EqualsIgnoreCase(name, other_name);
}

const Field* HeaderBlock::Find(absl::string_view name) const {
  const auto it = std::find_if(fields.begin(), fields.end(),
                               [&](const Field& field) { return field.Is(name); });
  return it == fields.end() ? nullptr : &*it;
}

HeaderBlock ParseHeaderBlock(absl::string_view bytes) { return Parser(bytes).Run(); }

std::string Unfold(absl::string_view value) {
  std::string result;
  result.reserve(value.size());
  for (const char c : value) {
    if (c != '\r' && c != '\n') result.push_back(c);
  }
  absl::StripAsciiWhitespace(&result);
  return result;
}

}  // namespace mailstrom::message
