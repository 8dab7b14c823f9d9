#ifndef MAILSTROM_SERVER_RELAY_RULES_H_
#define MAILSTROM_SERVER_RELAY_RULES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "delivery/site_policy.h"
#include "mailstrom/config/v1/server_config.pb.h"
#include "server/source_config.h"

namespace mailstrom::server {

// The relays of a completed configuration (ParseConfig), with their secrets, which are read from
// files now. NotFound or InvalidArgument: a file cannot be read or is empty; the message has its
// name and that of the field, and nothing out of the file.
absl::StatusOr<std::vector<delivery::RelayRule>> MakeRelayRules(
    const config::v1::DeliveryConfig& config, const SourcePools& pools);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_RELAY_RULES_H_
