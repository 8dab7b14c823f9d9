#ifndef MAILSTROM_SERVER_CONFIG_H_
#define MAILSTROM_SERVER_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// Reads a configuration and completes it: afterwards every field has the value that is in force.
// `system_host_name` stands in for an unset `host_name`. InvalidArgument: every field that is
// unknown, ill-typed or out of range, one a line.
absl::StatusOr<config::v1::ServerConfig> ParseConfig(absl::string_view yaml,
                                                     absl::string_view system_host_name);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_CONFIG_H_
