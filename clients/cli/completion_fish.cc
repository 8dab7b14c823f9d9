#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/command_table.h"
#include "clients/cli/completion_scripts.h"

namespace mailstrom::cli {
namespace {

constexpr absl::string_view kQuote = "\\'";

std::string Complete(absl::string_view condition, absl::string_view rest) {
  return absl::StrCat("complete -c mailstrom -n ", Quoted(condition, kQuote), " ", rest, "\n");
}

std::string Words(absl::string_view condition, absl::string_view words, absl::string_view summary) {
  std::string rest = absl::StrCat("-a ", Quoted(words, kQuote));
  if (!summary.empty()) absl::StrAppend(&rest, " -d ", Quoted(summary, kQuote));
  return Complete(condition, rest);
}

// That the command line so far is the command's.
std::string Condition(const Command& command) {
  const absl::string_view name = command.name;
  const size_t space = name.find(' ');
  std::string text = absl::StrCat("__fish_seen_subcommand_from ", name.substr(0, space));
  if (space != absl::string_view::npos) {
    absl::StrAppend(&text, "; and __fish_seen_subcommand_from ", name.substr(space + 1));
    return text;
  }
  // A group may have a command of the same name.
  for (const Command& other : Commands()) {
    const size_t end = other.name.find(' ');
    if (end != absl::string_view::npos && other.name.substr(end + 1) == name) {
      absl::StrAppend(&text, "; and not __fish_seen_subcommand_from ", other.name.substr(0, end));
    }
  }
  return text;
}

std::string OptionCompletion(const std::string& condition, const Option& option) {
  std::string rest = absl::StrCat("-l ", option.name);
  if (TakesFile(option)) {
    absl::StrAppend(&rest, " -r -F");
  } else if (!option.value_name.empty()) {
    absl::StrAppend(&rest, " -x");
  }
  if (!option.words.empty()) absl::StrAppend(&rest, " -a ", Quoted(option.words, kQuote));
  return Complete(condition, absl::StrCat(rest, " -d ", Quoted(option.help, kQuote)));
}

}  // namespace

std::string FishCompletion() {
  std::string text =
      "# fish completion for mailstrom; made by `mailstrom completion fish`.\n"
      "complete -c mailstrom -f\n";
  for (const std::string& word : FirstWords()) {
    absl::StrAppend(&text, Words("__fish_use_subcommand", word, FirstWordSummary(word)));
  }
  for (const Command& command : Commands()) {
    const std::string condition = Condition(command);
    const size_t space = command.name.find(' ');
    if (space != absl::string_view::npos) {
      const absl::string_view group = command.name.substr(0, space);
      const std::string undecided = absl::StrCat("__fish_seen_subcommand_from ", group,
                                                 "; and not __fish_seen_subcommand_from ",
                                                 absl::StrJoin(SecondWords(group), " "));
      absl::StrAppend(&text, Words(undecided, command.name.substr(space + 1), command.summary));
    }
    for (const Option& option : AllOptions(command)) {
      absl::StrAppend(&text, OptionCompletion(condition, option));
    }
    if (command.name == "help") {
      absl::StrAppend(&text, Words(condition, absl::StrJoin(FirstWords(), " "), ""));
    } else if (!command.operand_words.empty()) {
      absl::StrAppend(&text, Words(condition, command.operand_words, ""));
    }
  }
  return text;
}

}  // namespace mailstrom::cli
