#ifndef MAILSTROM_CLIENTS_CLI_ENVIRONMENT_H_
#define MAILSTROM_CLIENTS_CLI_ENVIRONMENT_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "clients/cli/connection.h"
#include "clients/cli/live_view.h"
#include "clients/cli/send_request.h"

namespace mailstrom::cli {

// What a command line meets around it.
struct Environment {
  ConnectionDefaults connection = {};
  // Why there are no defaults: matters only to those who need them.
  absl::Status configuration = absl::OkStatus();
  FileReader read_file;
  FileOpener open_file = {};
  // Writes a file that only its owner may read; never over another one.
  std::function<absl::Status(const std::string& path, const std::string& bytes)> write_secret = {};
  // The TXT records of `name`, each with its strings joined; none when there are none. Asks
  // `server`, or the machine's own when it is empty. Unavailable: DNS gave no answer.
  std::function<absl::StatusOr<std::vector<std::string>>(const std::string& name,
                                                         const std::string& server)>
      look_up_txt = {};
  // Nullopt when `out` is not a terminal.
  std::function<absl::optional<TerminalSize>()> terminal_size = {};
  // Who is at the terminal; empty: nobody knows.
  std::string user = "";
  std::function<void(absl::Duration)> sleep = {};
  std::ostream& out;
  std::ostream& err;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_ENVIRONMENT_H_
