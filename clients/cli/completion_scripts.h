#ifndef MAILSTROM_CLIENTS_CLI_COMPLETION_SCRIPTS_H_
#define MAILSTROM_CLIENTS_CLI_COMPLETION_SCRIPTS_H_

// What completion.cc puts together, a file for each shell.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "clients/cli/arguments.h"

namespace mailstrom::cli {

std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

// The first words of all commands, each once, in order.
std::vector<std::string> FirstWords();

// The second words of the commands of a group.
std::vector<std::string> SecondWords(absl::string_view group);

// What there is to say of a first word: its command's summary, or that it is a group.
std::string FirstWordSummary(absl::string_view word);

bool TakesFile(const Option& option);

// `text` as one word of a shell, in single quotes; `quote` is how the shell writes one within.
std::string Quoted(absl::string_view text, absl::string_view quote);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_COMPLETION_SCRIPTS_H_
