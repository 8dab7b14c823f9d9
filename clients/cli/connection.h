#ifndef MAILSTROM_CLIENTS_CLI_CONNECTION_H_
#define MAILSTROM_CLIENTS_CLI_CONNECTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "clients/cli/arguments.h"
#include "clients/cli/send_request.h"
#include "clients/cpp/client.h"

namespace mailstrom::cli {

// What counts where no option says otherwise.
struct ConnectionDefaults {
  // Never empty.
  std::string server = "127.0.0.1:2626";
  // As the options of those names; empty for none.
  std::string ca_file = "";
  std::string api_key_file = "";
  // Counts when there is no file with one. There is no option for it: others on the machine see
  // command lines.
  std::string api_key = "";
  std::string certificate_file = "";
  std::string private_key_file = "";
  bool tls = false;
  std::string timeout = "";
  // Author of what is composed.
  std::string from = "";
};

// How to reach the server, and what to show it.
struct Connection {
  std::string server;
  bool tls = false;
  // The rest is for TLS only, in PEM; empty for none, and the system's authorities.
  std::string root_certificates = "";
  std::string certificates = "";
  std::string private_key = "";
  // Not in PEM.
  std::string api_key = "";
  // How long a call or a watch may take; nullopt: as the client has it.
  absl::optional<absl::Duration> timeout = absl::nullopt;
  // Author of what is composed, where no option names one.
  std::string from = "";
};

// What the shared options of `arguments` say, with the files that they name. InvalidArgument: a
// file cannot be read or is empty, one of two options is missing, the time-out is none, or a key
// would go in clear.
absl::StatusOr<Connection> ReadConnection(const Arguments& arguments,
                                          const ConnectionDefaults& defaults,
                                          const FileReader& read_file);

client::Client::Options ClientOptions(const Connection& connection);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_CONNECTION_H_
