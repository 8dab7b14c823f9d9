#ifndef MAILSTROM_CLIENTS_CLI_COMMAND_TABLE_H_
#define MAILSTROM_CLIENTS_CLI_COMMAND_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "clients/cli/arguments.h"

namespace mailstrom::cli {

// One subcommand, as help shows it and as its words are parsed.
struct Command {
  absl::string_view name;
  // Its operands as help shows them; empty when it takes none.
  absl::string_view operands;
  size_t min_operands;
  size_t max_operands;
  absl::string_view summary;
  // More lines for its own help page.
  absl::string_view details;
  // Without those that all commands share.
  absl::Span<const Option> options;
};

absl::Span<const Command> Commands();

// Null when there is no such command.
const Command* FindCommand(absl::string_view name);

// The command's own options, then those that all commands share.
std::vector<Option> AllOptions(const Command& command);

// The page for `mailstrom help`.
std::string GeneralHelp();

// The page for `mailstrom help COMMAND`.
std::string CommandHelp(const Command& command);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_COMMAND_TABLE_H_
