#ifndef MAILSTROM_SERVER_SOURCE_CONFIG_H_
#define MAILSTROM_SERVER_SOURCE_CONFIG_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "delivery/site_policy.h"
#include "delivery/source_pool.h"
#include "mailstrom/config/v1/server_config.pb.h"
#include "server/config_complaints.h"

namespace mailstrom::server {

// What the configuration says about the addresses that mail is sent from.

// Fills in defaults, brings addresses into their shortest form, and complains about what is wrong
// with pools and about names that no pool has.
void CompleteSources(config::v1::DeliveryConfig& config, Complaints& complaints);

// The pools of a completed configuration, by name.
using SourcePools = absl::flat_hash_map<std::string, std::shared_ptr<const delivery::SourcePool>>;
SourcePools MakeSourcePools(const config::v1::DeliveryConfig& config);

// Null for the empty name.
std::shared_ptr<const delivery::SourcePool> FindSourcePool(const SourcePools& pools,
                                                           const std::string& name);

// What is said of senders, and of all mail.
std::vector<delivery::SenderRule> MakeSenderRules(const config::v1::DeliveryConfig& config,
                                                  const SourcePools& pools);

// FailedPrecondition: an address of a pool cannot be used on this host now; says which and why.
absl::Status CheckSourceAddresses(const config::v1::DeliveryConfig& config);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SOURCE_CONFIG_H_
