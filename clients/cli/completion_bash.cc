#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/command_table.h"
#include "clients/cli/completion_scripts.h"

namespace mailstrom::cli {
namespace {

// Uses nothing but bash itself: the bash-completion package may be absent.
constexpr absl::string_view kFunction = R"(
_mailstrom() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  # Bash takes `--name=value` for three words.
  if [[ $current == "=" ]]; then
    current=""
  elif [[ $previous == "=" ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local command=${COMP_WORDS[1]} words=""
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    words=$(_mailstrom_commands "")
  else
    words=$(_mailstrom_commands "$command")
    if [[ -n $words && $COMP_CWORD -gt 2 ]]; then
      command="$command ${COMP_WORDS[2]}"
      words=""
    fi
    if [[ -z $words ]]; then
      words=$(_mailstrom_values "$command" "$previous")
      if [[ $words == -files ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
      fi
      [[ $words == -any ]] && return
      if [[ -z $words && $current == -* ]]; then
        words=$(_mailstrom_options "$command")
      elif [[ -z $words ]]; then
        words=$(_mailstrom_operands "$command")
      fi
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _mailstrom mailstrom
)";

std::string Case(absl::string_view pattern, absl::string_view words) {
  return absl::StrCat("    '", pattern, "') echo '", words, "' ;;\n");
}

std::string Function(absl::string_view name, absl::string_view subject, absl::string_view cases) {
  return absl::StrCat(name, "() {\n  case \"", subject, "\" in\n", cases, "  esac\n}\n");
}

}  // namespace

std::string BashCompletion() {
  std::string commands = Case("", absl::StrJoin(FirstWords(), " "));
  for (const std::string& word : FirstWords()) {
    if (CommandsOfGroup(word).empty()) continue;
    absl::StrAppend(&commands, Case(word, absl::StrJoin(SecondWords(word), " ")));
  }
  std::string options;
  std::string values;
  std::string operands;
  for (const Command& command : Commands()) {
    std::string names;
    for (const Option& option : AllOptions(command)) {
      absl::StrAppend(&names, names.empty() ? "--" : " --", option.name);
      if (option.value_name.empty()) continue;
      const absl::string_view any = TakesFile(option) ? "-files" : "-any";
      absl::StrAppend(&values, Case(absl::StrCat(command.name, " --", option.name),
                                    option.words.empty() ? any : option.words));
    }
    absl::StrAppend(&options, Case(command.name, names));
    if (command.name == "help") {
      absl::StrAppend(&operands, Case(command.name, absl::StrJoin(FirstWords(), " ")));
    } else if (!command.operand_words.empty()) {
      absl::StrAppend(&operands, Case(command.name, command.operand_words));
    }
  }
  return absl::StrCat("# bash completion for mailstrom; made by `mailstrom completion bash`.\n",
                      Function("_mailstrom_commands", "$1", commands),
                      Function("_mailstrom_options", "$1", options),
                      "# `-files` and `-any` stand for those.\n",
                      Function("_mailstrom_values", "$1 $2", values),
                      Function("_mailstrom_operands", "$1", operands), kFunction);
}

}  // namespace mailstrom::cli
