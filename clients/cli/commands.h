#ifndef MAILSTROM_CLIENTS_CLI_COMMANDS_H_
#define MAILSTROM_CLIENTS_CLI_COMMANDS_H_

#include <string>
#include <vector>

#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Runs one command line, without the program's name, from parsing to the last line of output.
ExitCode RunCommandLine(const std::vector<std::string>& words, const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_COMMANDS_H_
