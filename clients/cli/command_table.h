#ifndef MAILSTROM_CLIENTS_CLI_COMMAND_TABLE_H_
#define MAILSTROM_CLIENTS_CLI_COMMAND_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "clients/cli/arguments.h"

namespace mailstrom::cli {

// One subcommand, as its words are parsed; help, man page and completions are made from it, too.
struct Command {
  // One word, or that of a group and its own: `dkim keygen`.
  absl::string_view name;
  // Its operands as help shows them; empty when it takes none.
  absl::string_view operands;
  size_t min_operands;
  size_t max_operands;
  // One sentence.
  absl::string_view summary;
  // More lines for its own help page. Those that begin with two spaces are to be typed or shown as
  // they are; empty ones part paragraphs.
  absl::string_view details;
  // Without those that commands share.
  absl::Span<const Option> options;
  // Whether it calls a server, and so takes the options of a connection.
  bool calls_server = true;
  // Words, parted by spaces, of which an operand is one.
  absl::string_view operand_words = "";
};

// In the order in which help shows them; those of a group stand together.
absl::Span<const Command> Commands();

// Null when there is no such command.
const Command* FindCommand(absl::string_view name);

// The command with whose name `words` begin, the longest if there are several; null when there is
// none.
const Command* MatchCommand(absl::Span<const std::string> words);

// Those whose names begin with `group` and a space.
std::vector<const Command*> CommandsOfGroup(absl::string_view group);

// How many words the command's name has.
size_t CountWords(const Command& command);

// The options of every command that calls a server.
absl::Span<const Option> ConnectionOptions();

// The options of every command.
absl::Span<const Option> CommonOptions();

// The command's own options, then those that it shares.
std::vector<Option> AllOptions(const Command& command);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_COMMAND_TABLE_H_
