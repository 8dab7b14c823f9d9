#ifndef MAILSTROM_SERVER_EXPLAIN_H_
#define MAILSTROM_SERVER_EXPLAIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// Where mail to `recipient` would go now under a completed configuration, how it would be treated
// there, and why, in lines for people. `recipient`, and `sender` for the reverse-path, are domains
// or addresses; an empty sender is the null reverse-path. Asks the DNS, fetches the domain's
// MTA-STS policy, connects to no mail host, needs no running server. InvalidArgument: one of them
// is malformed; others as MakeEngineOptions.
absl::StatusOr<std::string> Explain(const config::v1::ServerConfig& config,
                                    absl::string_view recipient, absl::string_view sender);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_EXPLAIN_H_
