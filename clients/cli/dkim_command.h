#ifndef MAILSTROM_CLIENTS_CLI_DKIM_COMMAND_H_
#define MAILSTROM_CLIENTS_CLI_DKIM_COMMAND_H_

#include "clients/cli/arguments.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Makes a key, and prints the DNS record that publishes it.
ExitCode RunDkimKeygen(const Arguments& arguments, const Environment& environment);

// kOk: DNS publishes the key. kProblem: it does not, or not so that receivers accept
// it. kUnavailable: DNS gave no answer.
ExitCode RunDkimCheck(const Arguments& arguments, const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DKIM_COMMAND_H_
