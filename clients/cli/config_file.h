#ifndef MAILSTROM_CLIENTS_CLI_CONFIG_FILE_H_
#define MAILSTROM_CLIENTS_CLI_CONFIG_FILE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/connection.h"
#include "clients/cli/send_request.h"

namespace mailstrom::cli {

// Where defaults come from.
struct ConfigSources {
  // The value of an environment variable; empty: it is unset.
  std::function<std::string(const std::string& name)> variable;
  FileReader read_file;
  // The permission bits of a file, as stat(2) has them. NotFound: there is none.
  std::function<absl::StatusOr<int>(const std::string& path)> file_mode;
};

// The defaults of all options, from the variables and, where they say nothing, from the
// configuration file. A key, and any file with a key that the file names, must not be readable by
// everybody. InvalidArgument: the file is wrong, or that $MAILSTROM_CONFIG names is not there; the
// message names each wrong line.
absl::StatusOr<ConnectionDefaults> ReadDefaults(const ConfigSources& sources);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_CONFIG_FILE_H_
