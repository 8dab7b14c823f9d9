#include "clients/cli/command_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/command_help.h"

namespace mailstrom::cli {
namespace {

TEST(CommandTableTest, EveryCommandAndOptionIsDescribedOnce) {
  std::set<std::string> names;
  for (const Command& command : Commands()) {
    EXPECT_TRUE(names.emplace(command.name).second) << command.name;
    EXPECT_TRUE(absl::EndsWith(command.summary, ".")) << command.name;
    EXPECT_LE(command.min_operands, command.max_operands) << command.name;
    EXPECT_EQ(command.operands.empty(), command.max_operands == 0) << command.name;
    std::set<std::string> options;
    for (const Option& option : AllOptions(command)) {
      const std::string where = absl::StrCat(command.name, " --", option.name);
      EXPECT_TRUE(options.emplace(option.name).second) << where;
      EXPECT_TRUE(absl::EndsWith(option.help, ".")) << where;
      EXPECT_TRUE(option.words.empty() || !option.value_name.empty()) << where;
    }
    EXPECT_TRUE(options.count("json") == 1 && options.count("help") == 1) << command.name;
    EXPECT_EQ(options.count("server") == 1, command.calls_server) << command.name;
  }
}

TEST(CommandTableTest, NoGroupIsACommandItself) {
  for (const Command& command : Commands()) {
    EXPECT_TRUE(CommandsOfGroup(command.name).empty()) << command.name;
  }
}

TEST(CommandTableTest, TheLongestNameMatches) {
  const struct {
    std::vector<std::string> words;
    std::string name;
  } kCases[] = {
      {{"send"}, "send"},
      {{"send", "x"}, "send"},
      {{"dkim", "keygen"}, "dkim keygen"},
      {{"dkim", "keygen", "check"}, "dkim keygen"},
  };
  for (const auto& test : kCases) {
    const Command* const command = MatchCommand(test.words);
    ASSERT_NE(command, nullptr) << test.name;
    EXPECT_EQ(command->name, test.name);
  }
  const std::vector<std::string> none[] = {{}, {"dkim"}, {"dkim keygen"}, {"dkim", "send"}, {""}};
  for (const std::vector<std::string>& words : none) {
    EXPECT_EQ(MatchCommand(words), nullptr) << testing::PrintToString(words);
  }
}

TEST(CommandTableTest, HelpShowsAll) {
  const std::string general = GeneralHelp();
  for (const Command& command : Commands()) {
    EXPECT_TRUE(absl::StrContains(general, command.summary)) << command.name;
    const std::string own = CommandHelp(command);
    for (const Option& option : AllOptions(command)) {
      EXPECT_TRUE(absl::StrContains(own, OptionUsage(option))) << command.name << option.name;
    }
  }
  EXPECT_TRUE(absl::StrContains(general, ConfigFileText()));
  EXPECT_TRUE(absl::StrContains(GroupHelp("dkim"), "dkim check"));
}

}  // namespace
}  // namespace mailstrom::cli
