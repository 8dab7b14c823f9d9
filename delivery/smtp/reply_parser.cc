#include "delivery/smtp/reply_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mailstrom::delivery::smtp {
namespace {

// The number of bytes of an enhanced status code at the start of `text` (RFC 2034 §4), 0 if there
// is none: class "." subject "." detail, the class that of `code`, one to three digits each.
size_t EnhancedCodeLength(absl::string_view text, int code) {
  const char reply_class = static_cast<char>('0' + code / 100);
  if (reply_class == '3' || text.size() < 5 || text[0] != reply_class || text[1] != '.') return 0;
  size_t at = 2;
  for (int part = 0; part < 2; ++part) {
    const size_t start = at;
    while (at < text.size() && absl::ascii_isdigit(text[at])) ++at;
    if (at == start || at > start + 3) return 0;
    if (part == 0 && (at == text.size() || text[at++] != '.')) return 0;
  }
  return at == text.size() || text[at] == ' ' ? at : 0;
}

// `text` without an enhanced status code and the space after it.
absl::string_view WithoutCode(absl::string_view text, size_t code_length) {
  return text.substr(std::min(text.size(), code_length == 0 ? 0 : code_length + 1));
}

}  // namespace

void ReplyParser::Feed(absl::string_view bytes) {
  if (!error_.ok()) return;
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  buffer_.append(bytes.data(), bytes.size());
}

absl::StatusOr<std::optional<Reply>> ReplyParser::Next() {
  RETURN_IF_ERROR(error_);
  while (!complete_) {
    const size_t end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = buffer_.size();
      if (buffer_.size() - begin_ >= limits_.line_bytes) return Fail("a line without end");
      return std::nullopt;
    }
    absl::string_view line = absl::string_view(buffer_).substr(begin_, end - begin_);
    begin_ = searched_ = end + 1;
    // A lone line feed ends a line too: the reply is no less clear for it.
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    RETURN_IF_ERROR(TakeLine(line));
  }
  complete_ = false;
  reply_bytes_ = 0;
  return std::exchange(reply_, Reply());
}

void ReplyParser::Discard() {
  buffer_.clear();
  begin_ = searched_ = 0;
  reply_ = Reply();
  reply_bytes_ = 0;
}

absl::Status ReplyParser::TakeLine(absl::string_view line) {
  reply_bytes_ += line.size() + 2;
  if (line.size() + 2 > limits_.line_bytes) return Fail("a line too long");
  if (reply_bytes_ > limits_.total_bytes) return Fail("a reply too long");
  if (reply_.lines.size() >= limits_.line_count) return Fail("a reply of too many lines");
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !absl::ascii_isdigit(line[1]) ||
      !absl::ascii_isdigit(line[2]) || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) {
    return Fail(absl::StrCat("not a reply: ", absl::CHexEscape(line.substr(0, 80))));
  }
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  const bool first = reply_.lines.empty();
  if (!first && code != reply_.code) return Fail("lines of one reply with different codes");
  reply_.code = code;

  const absl::string_view text = line.substr(std::min<size_t>(line.size(), 4));
  const size_t length = EnhancedCodeLength(text, code);
  if (first) reply_.enhanced_code = std::string(text.substr(0, length));
  // Later lines repeat the code as a rule; whatever differs is left as text.
  const bool repeats = length > 0 && text.substr(0, length) == reply_.enhanced_code;
  reply_.lines.emplace_back(WithoutCode(text, repeats ? length : 0));
  complete_ = line.size() == 3 || line[3] == ' ';
  return absl::OkStatus();
}

absl::Status ReplyParser::Fail(absl::string_view why) {
  Discard();
  error_ = absl::InvalidArgumentError(why);
  return error_;
}

}  // namespace mailstrom::delivery::smtp
