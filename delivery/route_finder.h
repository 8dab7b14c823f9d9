#ifndef MAILSTROM_DELIVERY_ROUTE_FINDER_H_
#define MAILSTROM_DELIVERY_ROUTE_FINDER_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "asio/any_io_executor.hpp"
#include "asio/awaitable.hpp"
#include "asio/cancellation_signal.hpp"
#include "base/random_source.h"
#include "delivery/dns/dns_client.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/sts/sts_resolver.h"

namespace mailstrom::delivery {

// Looks up MX routes for many emails at a time: one query for all that ask for the same domain
// meanwhile, and a bound on queries under way. Remembers nothing beyond that. Lives on one strand.
class RouteFinder : public std::enable_shared_from_this<RouteFinder> {
 public:
  using Done = absl::AnyInvocable<void(const MxRoute&)>;

  // `dns` and `random` must outlive its look-ups.
  // `sts`: applies the policies of domains; may be null.
  RouteFinder(DnsClient& dns, RandomSource& random, absl::flat_hash_set<std::string> own_names,
              asio::any_io_executor executor, int max_lookups,
              std::shared_ptr<StsResolver> sts = nullptr);

  // `done` runs on the strand, never inside the call.
  void Find(const std::string& domain, Done done);

  // Forgets all that wait; their `done` never runs.
  void Stop();

  MxResolver& resolver() { return resolver_; }

 private:
  static asio::awaitable<void> LookUp(std::shared_ptr<RouteFinder> self, std::string domain,
                                      std::shared_ptr<asio::cancellation_signal> cancel);
  void StartNext();

  MxResolver resolver_;
  const asio::any_io_executor executor_;
  const int max_lookups_;
  const std::shared_ptr<StsResolver> sts_;
  int lookups_ = 0;
  bool stopped_ = false;
  // Of look-ups under way.
  absl::flat_hash_set<std::shared_ptr<asio::cancellation_signal>> cancels_;
  absl::flat_hash_map<std::string, std::vector<Done>> waiting_;
  // Domains whose look-up has not begun.
  std::deque<std::string> queue_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ROUTE_FINDER_H_
