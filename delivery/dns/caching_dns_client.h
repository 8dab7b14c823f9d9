#ifndef MAILSTROM_DELIVERY_DNS_CACHING_DNS_CLIENT_H_
#define MAILSTROM_DELIVERY_DNS_CACHING_DNS_CLIENT_H_

#include <cstddef>
#include <list>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "delivery/dns/dns_client.h"

namespace mailstrom::delivery {

// Keeps answers as long as they are valid, so that the next email for a domain does not have to
// cross to the resolver's thread and back. Failures are not kept. Lives on one strand.
class CachingDnsClient final : public DnsClient {
 public:
  // `inner` and `clock` must outlive it. `max_bytes` bounds what the answers take; when it is
  // reached, those that were not used for longest are forgotten.
  CachingDnsClient(DnsClient& inner, const Clock& clock, size_t max_bytes);

  asio::awaitable<absl::StatusOr<DnsAnswer>> Query(std::string name, DnsType type) override;

 private:
  using Key = std::pair<std::string, DnsType>;
  struct Entry {
    Key key;
    DnsAnswer answer;
    absl::Time end;
    size_t bytes = 0;
  };
  using Entries = std::list<Entry>;

  void Keep(Key key, const DnsAnswer& answer);
  void Forget(Entries::iterator entry);

  DnsClient& inner_;
  const Clock& clock_;
  const size_t max_bytes_;
  size_t bytes_ = 0;
  // The one used last comes first.
  Entries entries_;
  absl::flat_hash_map<Key, Entries::iterator> by_key_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DNS_CACHING_DNS_CLIENT_H_
