#ifndef MAILSTROM_CLIENTS_CLI_BULK_SEND_FROM_FILE_H_
#define MAILSTROM_CLIENTS_CLI_BULK_SEND_FROM_FILE_H_

#include "clients/cli/arguments.h"
#include "clients/cli/connection.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Runs `mailstrom send --from-file FILE`. The whole file is read and checked before the first email
// goes. kUsage: the file is wrong, and nothing was sent. kRefused: some emails were refused, or
// skipped. kUnavailable: the server took no more; another run goes on there.
ExitCode SendFromFile(const Arguments& arguments, const Connection& connection,
                      const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_SEND_FROM_FILE_H_
