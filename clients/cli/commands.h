#ifndef MAILSTROM_CLIENTS_CLI_COMMANDS_H_
#define MAILSTROM_CLIENTS_CLI_COMMANDS_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "clients/cli/connection.h"
#include "clients/cli/exit_code.h"
#include "clients/cli/live_view.h"
#include "clients/cli/send_request.h"

namespace mailstrom::cli {

// What a command line meets around it.
struct Environment {
  ConnectionDefaults connection = {};
  FileReader read_file;
  // Nullopt when `out` is not a terminal.
  std::function<absl::optional<TerminalSize>()> terminal_size;
  std::ostream& out;
  std::ostream& err;
};

// Runs one command line, without the program's name, from parsing to the last line of output.
ExitCode RunCommandLine(const std::vector<std::string>& words, const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_COMMANDS_H_
