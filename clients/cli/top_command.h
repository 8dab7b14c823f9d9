#ifndef MAILSTROM_CLIENTS_CLI_TOP_COMMAND_H_
#define MAILSTROM_CLIENTS_CLI_TOP_COMMAND_H_

#include <string>

#include "clients/cli/admin_client.h"
#include "clients/cli/arguments.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Shows the queue by site, on a terminal again and again over itself until it is interrupted or is
// no terminal any more; elsewhere, and with --once, one time. A server that goes away for a while
// is waited for, once it has answered.
ExitCode RunTop(const Arguments& arguments, AdminClient& client, const std::string& server,
                const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_TOP_COMMAND_H_
