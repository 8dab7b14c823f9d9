#ifndef MAILSTROM_CLIENTS_CLI_MAIL_COMMANDS_H_
#define MAILSTROM_CLIENTS_CLI_MAIL_COMMANDS_H_

#include "clients/cli/arguments.h"
#include "clients/cli/command_table.h"
#include "clients/cli/connection.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Runs `send`, `status`, `cancel`, `list` or `watch` on a server.
ExitCode RunMailCommand(const Command& command, const Arguments& arguments,
                        const Connection& connection, const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_MAIL_COMMANDS_H_
