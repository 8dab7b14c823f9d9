#include "clients/cli/arguments.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailstrom::cli {
namespace {

constexpr Option kOptions[] = {
    {"subject", "TEXT", "The subject."},
    {"to", "ADDRESS", "A recipient.", /*repeated=*/true},
    {"json", "", "For programs."},
    {"type", "TYPE", "A kind.", false, "rsa ed25519"},
};

absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words) {
  return ParseArguments(kOptions, words);
}

TEST(ArgumentsTest, TakesValuesInBothForms) {
  const auto arguments = Parse({"--subject", "a b", "--to=x@y", "--to", "z@y"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->Get("subject"), "a b");
  EXPECT_EQ(arguments->All("to"), (std::vector<std::string>{"x@y", "z@y"}));
}

TEST(ArgumentsTest, AbsentOptions) {
  const auto arguments = Parse({});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_FALSE(arguments->Has("json"));
  EXPECT_EQ(arguments->Get("subject", "none"), "none");
  EXPECT_TRUE(arguments->All("to").empty());
}

TEST(ArgumentsTest, EmptyValueIsAValue) {
  const auto arguments = Parse({"--subject=", "--to", ""});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_TRUE(arguments->Has("subject"));
  EXPECT_EQ(arguments->Get("subject", "none"), "");
  EXPECT_EQ(arguments->All("to"), (std::vector<std::string>{""}));
}

TEST(ArgumentsTest, TakesOneOfTheWords) {
  const auto arguments = Parse({"--type=ed25519"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->Get("type"), "ed25519");
}

TEST(ArgumentsTest, ValueMayLookLikeAnOption) {
  const auto arguments = Parse({"--subject", "--json", "--to=a=b"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->Get("subject"), "--json");
  EXPECT_FALSE(arguments->Has("json"));
  EXPECT_EQ(arguments->Get("to"), "a=b");
}

TEST(ArgumentsTest, OperandsMayStandAnywhere) {
  const auto arguments = Parse({"one", "--json", "-", "--", "--subject"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_TRUE(arguments->Has("json"));
  EXPECT_EQ(arguments->operands(), (std::vector<std::string>{"one", "-", "--subject"}));
}

TEST(ArgumentsTest, SaysWhatIsWrong) {
  const struct {
    std::vector<std::string> words;
    std::string message;
  } kCases[] = {
      {{"--form", "x"}, "unknown option --form"},
      {{"--form=x"}, "unknown option --form"},
      {{"-j"}, "unknown option -j"},
      {{"--subject"}, "--subject needs a value: TEXT"},
      {{"--json=yes"}, "--json takes no value"},
      {{"--subject", "a", "--subject", "b"}, "--subject was given twice"},
      {{"--type", "dsa"}, "--type is one of: rsa ed25519"},
      {{"--type", ""}, "--type is one of: rsa ed25519"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Parse(test.words).status().message(), test.message);
  }
}

}  // namespace
}  // namespace mailstrom::cli
