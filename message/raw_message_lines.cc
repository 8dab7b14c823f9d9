#include "message/raw_message_lines.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

struct Counts {
  size_t lines = 0;
  size_t crlf = 0;
  size_t longest_line = 0;
};

// Calls `visit` with every line, without its line end, and whether that was CRLF.
template <typename Visit>
void ForEachLine(absl::string_view bytes, Visit visit) {
  while (!bytes.empty()) {
    const size_t line_feed = bytes.find('\n');
    if (line_feed == absl::string_view::npos) {
      visit(bytes, false);
      return;
    }
    const bool crlf = line_feed > 0 && bytes[line_feed - 1] == '\r';
    visit(bytes.substr(0, crlf ? line_feed - 1 : line_feed), crlf);
    bytes.remove_prefix(line_feed + 1);
  }
}

Counts Count(absl::string_view bytes) {
  Counts counts;
  ForEachLine(bytes, [&](absl::string_view line, bool crlf) {
    ++counts.lines;
    if (crlf) ++counts.crlf;
    counts.longest_line = std::max(counts.longest_line, line.size());
  });
  return counts;
}

std::vector<LineProblem> FindProblems(absl::string_view bytes) {
  std::vector<LineProblem> problems;
  size_t number = 0;
  const auto add = [&](std::string description) {
    if (problems.size() < kMaxLineProblems) problems.push_back({number, std::move(description)});
  };
  ForEachLine(bytes, [&](absl::string_view line, bool) {
    ++number;
    if (line.find('\r') != absl::string_view::npos) add("a CR must be followed by an LF");
    if (line.find('\0') != absl::string_view::npos) add("NUL is not allowed");
    if (line.size() > kMaxLineSize) {
      add(absl::StrCat("the line has ", line.size(), " octets, of ", kMaxLineSize, " at most"));
    }
  });
  return problems;
}

std::string WithCrlf(absl::string_view bytes, const Counts& counts) {
  std::string result;
  result.reserve(bytes.size() + 2 * (counts.lines - counts.crlf));
  ForEachLine(bytes, [&](absl::string_view line, bool) { absl::StrAppend(&result, line, "\r\n"); });
  return result;
}

}  // namespace

LineReport NormalizeLines(std::string& bytes) {
  // Most messages are right: whole-text counts, which the compiler makes fast, prove it.
  LineReport report;
  report.is_8bit = !IsAscii(bytes);
  const Counts counts = Count(bytes);
  const size_t carriage_returns = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\r'));
  if (carriage_returns != counts.crlf || counts.longest_line > kMaxLineSize ||
      bytes.find('\0') != std::string::npos) {
    report.problems = FindProblems(bytes);
  }
  if (counts.crlf != counts.lines) bytes = WithCrlf(bytes, counts);
  return report;
}

}  // namespace mailstrom::message
