#include "clients/cli/completion.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/command_table.h"
#include "clients/cli/completion_scripts.h"

namespace mailstrom::cli {

std::vector<std::string> FirstWords() {
  std::vector<std::string> words;
  for (const Command& command : Commands()) {
    const std::string word(command.name.substr(0, command.name.find(' ')));
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}

std::vector<std::string> SecondWords(absl::string_view group) {
  std::vector<std::string> words;
  for (const Command* command : CommandsOfGroup(group)) {
    words.emplace_back(command->name.substr(group.size() + 1));
  }
  return words;
}

std::string FirstWordSummary(absl::string_view word) {
  const Command* const command = FindCommand(word);
  if (command != nullptr) return std::string(command->summary);
  return absl::StrCat("Commands: ", absl::StrJoin(SecondWords(word), ", "), ".");
}

bool TakesFile(const Option& option) { return option.value_name == "FILE"; }

std::string Quoted(absl::string_view text, absl::string_view quote) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", quote}}), "'");
}

absl::StatusOr<std::string> MakeCompletionScript(absl::string_view shell) {
  if (shell == "bash") return BashCompletion();
  if (shell == "zsh") return ZshCompletion();
  if (shell == "fish") return FishCompletion();
  return absl::InvalidArgumentError(
      absl::StrCat("there are completions for bash, zsh and fish, not for ", shell));
}

}  // namespace mailstrom::cli
