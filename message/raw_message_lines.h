#ifndef MAILSTROM_MESSAGE_RAW_MESSAGE_LINES_H_
#define MAILSTROM_MESSAGE_RAW_MESSAGE_LINES_H_

#include <cstddef>
#include <string>
#include <vector>

namespace mailstrom::message {

// Octets of a line without its CRLF (RFC 5322 §2.1.1).
inline constexpr size_t kMaxLineSize = 998;
// Later problems are not told.
inline constexpr size_t kMaxLineProblems = 32;

struct LineProblem {
  // Counted from 1; every LF ends a line, alone or after a CR.
  size_t line = 0;
  std::string description;
};

struct LineReport {
  // Bare CR, NUL, lines over kMaxLineSize.
  std::vector<LineProblem> problems;
  bool is_8bit = false;
};

// Makes every line of `bytes` end in CRLF, the last one too, and tells what else is wrong with the
// lines of it. Keeps the number of each line.
LineReport NormalizeLines(std::string& bytes);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_RAW_MESSAGE_LINES_H_
