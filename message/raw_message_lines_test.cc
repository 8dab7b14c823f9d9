#include "message/raw_message_lines.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

TEST(RawMessageLinesTest, EndsEveryLineInCrlf) {
  struct Case {
    std::string bytes;
    std::string want;
  };
  const Case cases[] = {
      {"", ""},
      {"a\r\nb\r\n", "a\r\nb\r\n"},
      {"a\nb\r\n\nc", "a\r\nb\r\n\r\nc\r\n"},
      {"a\r\nb", "a\r\nb\r\n"},
      {"\n", "\r\n"},
  };
  for (const Case& c : cases) {
    std::string bytes = c.bytes;
    EXPECT_TRUE(NormalizeLines(bytes).problems.empty()) << c.bytes;
    EXPECT_EQ(bytes, c.want);
  }
}

TEST(RawMessageLinesTest, TellsTheLineOfEachProblem) {
  using std::string_literals::operator""s;
  struct Case {
    std::string bytes;
    std::vector<size_t> problem_lines;
  };
  const Case cases[] = {
      {"a\rb\r\n", {1}},
      {"a\n\r\r\n", {2}},
      {"a\r\nb\r", {2}},
      {"a\n\nb\0\n"s, {3}},
      {"a\r\n" + std::string(998, 'x') + "\r\n", {}},
      {"a\r\n" + std::string(999, 'x') + "\r\n", {2}},
      {"a\n" + std::string(999, 'x'), {2}},
      {"\r\0\n\r\n\r"s, {1, 1, 3}},
  };
  for (const Case& c : cases) {
    std::string bytes = c.bytes;
    std::vector<size_t> lines;
    for (const LineProblem& problem : NormalizeLines(bytes).problems) lines.push_back(problem.line);
    EXPECT_EQ(lines, c.problem_lines) << c.bytes;
  }
}

TEST(RawMessageLinesTest, IsBounded) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "a\rb\n";
  EXPECT_EQ(NormalizeLines(bytes).problems.size(), kMaxLineProblems);
}

TEST(RawMessageLinesTest, TellsEightBitFromSevenBit) {
  std::string seven = "abc\r\n";
  std::string eight = "ab\x80\r\n";
  EXPECT_FALSE(NormalizeLines(seven).is_8bit);
  EXPECT_TRUE(NormalizeLines(eight).is_8bit);
}

}  // namespace
}  // namespace mailstrom::message
