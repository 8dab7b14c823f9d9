#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/command_table.h"
#include "clients/cli/completion_scripts.h"

namespace mailstrom::cli {
namespace {

constexpr absl::string_view kQuote = "'\\''";

// Text within the brackets or between the colons of a specification.
std::string Plain(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}, {"`", ""}, {"$", "\\$"}});
}

std::string OptionSpecification(const Option& option) {
  std::string text = absl::StrCat(option.repeated ? "*" : "", "--", option.name);
  if (option.value_name.empty()) return absl::StrCat(text, "[", Plain(option.help), "]");
  absl::StrAppend(&text, "=[", Plain(option.help), "]:", Plain(option.value_name), ":");
  if (TakesFile(option)) return absl::StrCat(text, "_files");
  return option.words.empty() ? text : absl::StrCat(text, "(", option.words, ")");
}

// `_arguments` for the command, whose operands may be anything.
std::string Completions(const Command& command) {
  std::string text = "_arguments -S";
  for (const Option& option : AllOptions(command)) {
    absl::StrAppend(&text, " \\\n        ", Quoted(OptionSpecification(option), kQuote));
  }
  std::string words(command.operand_words);
  if (command.name == "help") {
    for (const std::string& word : FirstWords()) absl::StrAppend(&words, " ", word);
  }
  absl::StrAppend(&text, " \\\n        ",
                  words.empty() ? "'*: :'" : Quoted(absl::StrCat("*: :(", words, ")"), kQuote));
  return text;
}

std::string Describe(absl::string_view word, absl::string_view summary) {
  return absl::StrCat(" ", Quoted(absl::StrCat(word, ":", Plain(summary)), kQuote));
}

std::string Group(absl::string_view group) {
  std::string words;
  std::string cases;
  for (const Command* command : CommandsOfGroup(group)) {
    const absl::string_view word = command->name.substr(group.size() + 1);
    absl::StrAppend(&words, Describe(word, command->summary));
    absl::StrAppend(&cases, "      ", word, ") ", Completions(*command), " ;;\n");
  }
  return absl::StrCat("if (( CURRENT == 2 )); then\n        commands=(", words,
                      ")\n        _describe command commands\n        return\n      fi\n",
                      "      shift words\n      (( CURRENT-- ))\n      case $words[1] in\n", cases,
                      "      esac");
}

}  // namespace

std::string ZshCompletion() {
  std::string words;
  std::string cases;
  for (const std::string& word : FirstWords()) {
    absl::StrAppend(&words, Describe(word, FirstWordSummary(word)));
    const Command* const command = FindCommand(word);
    absl::StrAppend(&cases, "    ", word, ")\n      ",
                    command == nullptr ? Group(word) : Completions(*command), "\n      ;;\n");
  }
  return absl::StrCat(
      "#compdef mailstrom\n# zsh completion; made by `mailstrom completion zsh`.\n_mailstrom() {\n"
      "  local -a commands\n  if (( CURRENT == 2 )); then\n    commands=(",
      words,
      ")\n    _describe command commands\n    return\n  fi\n"
      "  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n",
      cases,
      "  esac\n}\n"
      "if [[ $funcstack[1] == _mailstrom ]]; then _mailstrom \"$@\"; "
      "else compdef _mailstrom mailstrom; fi\n");
}

}  // namespace mailstrom::cli
