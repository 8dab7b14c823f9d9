#ifndef MAILSTROM_CLIENTS_CLI_COMMAND_HELP_H_
#define MAILSTROM_CLIENTS_CLI_COMMAND_HELP_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "clients/cli/arguments.h"
#include "clients/cli/command_table.h"

namespace mailstrom::cli {

// What the program does, in one sentence.
inline constexpr absl::string_view kProgramSummary =
    "Sends email through a Mailstrom server and follows its delivery.";

// What the program's exit codes and variables mean, for help and for the man page.
struct Explained {
  absl::string_view name;
  absl::string_view meaning;
};
absl::Span<const Explained> ExitCodeMeanings();
absl::Span<const Explained> EnvironmentVariables();

// What stands in the configuration file, in the form of Command::details.
absl::string_view ConfigFileText();

// The option with its value, such as `--to ADDRESS`.
std::string OptionUsage(const Option& option);

// What the option does, whether it may be repeated and which words it takes.
std::string OptionMeaning(const Option& option);

// The page for `mailstrom help`.
std::string GeneralHelp();

// The page for `mailstrom help COMMAND`.
std::string CommandHelp(const Command& command);

// The page for a group: a line for each of its commands.
std::string GroupHelp(absl::string_view group);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_COMMAND_HELP_H_
