#ifndef MAILSTROM_DELIVERY_STS_STS_RESOLVER_H_
#define MAILSTROM_DELIVERY_STS_STS_RESOLVER_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "asio/awaitable.hpp"
#include "base/clock.h"
#include "delivery/dns/dns_client.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/expiring_set.h"
#include "delivery/sts/sts_cache.h"
#include "delivery/sts/sts_fetcher.h"
#include "delivery/sts/sts_policy.h"

namespace mailstrom::delivery {

// Applies the MTA-STS policies of domains to their routes (RFC 8461 §5). Lives on one strand.
class StsResolver {
 public:
  // `dns` and `clock` must outlive it. `fetched` is called after each fetch.
  StsResolver(DnsClient& dns, const Clock& clock, StsFetcher fetcher, StsCache cache,
              std::function<void()> fetched);

  struct Finding {
    // The policy that holds now, if there is one.
    std::optional<StsPolicy> policy;
    // Of the policy.
    std::string id;
    // Why there may be one that is not known, or a newer one: DNS gave no answer, or the policy
    // could not be fetched.
    absl::Status status;
  };

  // What `domain` asks for.
  asio::awaitable<Finding> Find(std::string domain);

  // The route of `domain` under its policy, if it has one. The policy belongs to the domain,
  // whatever hosts serve it. A new one is fetched when its DNS record says so; while that does not
  // work, the one before goes on.
  asio::awaitable<MxRoute> Apply(MxRoute route, std::string domain);

  // Ends fetches as soon as what they wait for ends.
  void Stop() { fetcher_.Stop(); }
  // Fetches under way.
  int fetching() const { return fetching_; }

 private:
  asio::awaitable<absl::Status> Refresh(std::string domain, std::string id);

  DnsClient& dns_;
  const Clock& clock_;
  StsFetcher fetcher_;
  StsCache cache_;
  // Domains whose policy could not be fetched, with the id that it had.
  ExpiringSet failed_;
  std::function<void()> fetched_;
  int fetching_ = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_STS_STS_RESOLVER_H_
