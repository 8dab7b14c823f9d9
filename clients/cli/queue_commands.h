#ifndef MAILSTROM_CLIENTS_CLI_QUEUE_COMMANDS_H_
#define MAILSTROM_CLIENTS_CLI_QUEUE_COMMANDS_H_

#include "absl/strings/string_view.h"
#include "clients/cli/arguments.h"
#include "clients/cli/command_table.h"
#include "clients/cli/connection.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Whether RunQueueCommand runs it: `queue …` and `top`.
bool IsQueueCommand(absl::string_view name);

// Runs one of the commands that call the administration service.
ExitCode RunQueueCommand(const Command& command, const Arguments& arguments,
                         const Connection& connection, const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_QUEUE_COMMANDS_H_
