#ifndef MAILSTROM_SERVER_DELIVERY_OPTIONS_H_
#define MAILSTROM_SERVER_DELIVERY_OPTIONS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "delivery/dns/unbound_dns_client.h"
#include "delivery/options.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// What a completed configuration (ParseConfig) means to the delivery engine, on a host with the
// network interfaces of now. Errors are those of MakeRelayRules and FindOwnAddresses.
absl::StatusOr<delivery::EngineOptions> MakeEngineOptions(const config::v1::ServerConfig& config);

delivery::UnboundOptions MakeDnsOptions(const config::v1::DnsConfig& config);

// The part of `cache_bytes` that answers get on the delivery thread; the resolver has the rest.
int64_t AnswerCacheBytes(const config::v1::DnsConfig& config);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_DELIVERY_OPTIONS_H_
