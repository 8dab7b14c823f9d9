#ifndef MAILSTROM_SERVER_CONFIG_H_
#define MAILSTROM_SERVER_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// What comes from outside the file.
struct ConfigContext {
  // Stands in for an unset `host_name`.
  std::string system_host_name;
  // Overrides `listen_address` when not empty.
  std::string listen_address;
};

// Reads a configuration and completes it: afterwards every field has the value that is in force.
// InvalidArgument: every field that is unknown, ill-typed or out of range, one a line.
absl::StatusOr<config::v1::ServerConfig> ParseConfig(absl::string_view yaml,
                                                     const ConfigContext& context);

// Whether other machines can call without showing who they are.
bool IsOpen(const config::v1::ServerConfig& config);
// Whether calls of other machines come without encryption.
bool IsInClear(const config::v1::ServerConfig& config);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_CONFIG_H_
