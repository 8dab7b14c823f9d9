#ifndef MAILSTROM_CLIENTS_CLI_KEY_COMMAND_H_
#define MAILSTROM_CLIENTS_CLI_KEY_COMMAND_H_

#include "clients/cli/arguments.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Makes an API key, and prints what the server's access file has of it.
ExitCode RunKeyNew(const Arguments& arguments, const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_KEY_COMMAND_H_
