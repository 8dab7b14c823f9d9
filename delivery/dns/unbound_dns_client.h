#ifndef MAILSTROM_DELIVERY_DNS_UNBOUND_DNS_CLIENT_H_
#define MAILSTROM_DELIVERY_DNS_UNBOUND_DNS_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asio/any_io_executor.hpp"
#include "base/alarms.h"
#include "delivery/dns/dns_client.h"

namespace mailstrom::delivery {

struct UnboundOptions {
  // Recursive servers to ask, such as `192.0.2.53` or `127.0.0.1@5353`; empty: resolves by itself
  // from the root.
  std::vector<std::string> servers;
  // DS or DNSKEY records of the root, as `unbound-anchor` writes them. Empty: nothing is validated,
  // and no answer is `authenticated`.
  std::string trust_anchor_file;
  // Of one query, with all of its tries.
  absl::Duration timeout = absl::Seconds(20);
  // Bounds the cache of answers; more is used for its administration.
  int64_t cache_bytes = 32 << 20;
};

// Asks the DNS by libunbound, which works on a thread of its own and keeps a cache. Lives on one
// strand. Queries under way when this is destroyed end with Unavailable.
class UnboundDnsClient final : public DnsClient {
 public:
  // `executor` runs one handler at a time; it and `alarms` must outlive the client.
  // InvalidArgument: libunbound does not take an option.
  static absl::StatusOr<std::unique_ptr<UnboundDnsClient>> Create(asio::any_io_executor executor,
                                                                  Alarms& alarms,
                                                                  const UnboundOptions& options);
  ~UnboundDnsClient() override;

  asio::awaitable<absl::StatusOr<DnsAnswer>> Query(std::string name, DnsType type) override;

 private:
  class Context;

  explicit UnboundDnsClient(std::shared_ptr<Context> context);

  std::shared_ptr<Context> context_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DNS_UNBOUND_DNS_CLIENT_H_
