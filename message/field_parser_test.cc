#include "message/field_parser.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Fields(const HeaderBlock& block) {
  std::vector<std::string> result;
  for (const Field& field : block.fields) {
    result.push_back(std::string(field.name) + "=" + std::string(field.value));
  }
  return result;
}

std::vector<size_t> ProblemLines(const HeaderBlock& block) {
  std::vector<size_t> result;
  for (const HeaderProblem& problem : block.problems) result.push_back(problem.line);
  return result;
}

TEST(FieldParserTest, SplitsFoldedFields) {
  const std::string text = "A: 1\r\nB-c:2\r\n\t3\r\n 4\r\nD:\r\n\r\nE: body\r\n";
  const HeaderBlock block = ParseHeaderBlock(text);
  EXPECT_THAT(Fields(block), ElementsAre("A= 1", "B-c=2\r\n\t3\r\n 4", "D="));
  EXPECT_THAT(block.problems, ElementsAre());
  EXPECT_EQ(block.fields[1].bytes, "B-c:2\r\n\t3\r\n 4\r\n");
  EXPECT_EQ(block.fields[1].line, 2);
  EXPECT_EQ(block.fields[2].line, 5);
  EXPECT_EQ(text.substr(block.fields_size), "\r\nE: body\r\n");
  EXPECT_EQ(text.substr(block.size), "E: body\r\n");
  EXPECT_EQ(block.Find("b-C"), &block.fields[1]);
  EXPECT_EQ(block.Find("E"), nullptr);
}

TEST(FieldParserTest, ReadsBareLineFeedsAndAnOpenEnd) {
  const HeaderBlock block = ParseHeaderBlock("A: 1\n 2\nB: 3");
  EXPECT_THAT(Fields(block), ElementsAre("A= 1\n 2", "B= 3"));
  EXPECT_EQ(block.fields_size, 12);
  EXPECT_EQ(block.size, 12);
  EXPECT_EQ(ParseHeaderBlock("").size, 0);
  EXPECT_EQ(ParseHeaderBlock("\r\n").size, 2);
}

TEST(FieldParserTest, TellsWhichLinesAreMalformed) {
  struct Case {
    const char* text;
    std::vector<std::string> fields;
    std::vector<size_t> problem_lines;
  };
  const Case cases[] = {
      {" x\r\nA: 1\r\n\r\n", {"A= 1"}, {1}},
      {"A: 1\r\nno colon\r\n more\r\nB: 2\r\n\r\n", {"A= 1", "B= 2"}, {2}},
      {": 1\r\n\r\n", {}, {1}},
      {"A b: 1\r\n\r\n", {}, {1}},
      {"A \t: 1\r\n\r\n", {"A= 1"}, {1}},
      {"\xC3\xA4: 1\r\n\r\n", {}, {1}},
      {"A: 1\r\n \t\r\nB: 2\r\n\r\n", {"A= 1\r\n \t", "B= 2"}, {2}},
  };
  for (const Case& c : cases) {
    const HeaderBlock block = ParseHeaderBlock(c.text);
    EXPECT_EQ(Fields(block), c.fields) << c.text;
    EXPECT_EQ(ProblemLines(block), c.problem_lines) << c.text;
  }
}

TEST(FieldParserTest, IsBounded) {
  std::string text;
  for (size_t i = 0; i < kMaxHeaderFields + 100; ++i) text += "A: 1\r\n";
  const HeaderBlock block = ParseHeaderBlock(text);
  EXPECT_EQ(block.fields.size(), kMaxHeaderFields);
  EXPECT_EQ(block.problems.size(), kMaxHeaderProblems);
  EXPECT_EQ(block.size, text.size());
}

TEST(FieldParserTest, Unfolds) {
  EXPECT_EQ(Unfold(" a\r\n b\n\tc \r\n"), "a b\tc");
  EXPECT_EQ(Unfold(""), "");
}

}  // namespace
}  // namespace mailstrom::message
