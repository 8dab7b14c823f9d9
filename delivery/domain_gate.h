#ifndef MAILSTROM_DELIVERY_DOMAIN_GATE_H_
#define MAILSTROM_DELIVERY_DOMAIN_GATE_H_

#include <cstddef>
#include <list>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "delivery/domain_limits.h"
#include "delivery/token_bucket.h"

namespace mailstrom::delivery {

// Holds domains that have limits of their own to them. Remembers at most `max_domains` besides
// those with attempts under way; those longest not asked for are forgotten. Pure: time is passed
// in.
class DomainGate {
 public:
  explicit DomainGate(size_t max_domains);

  // In force from now on.
  void SetLimits(const std::string& domain, const DomainLimits& limits);

  // When the next attempt may begin; InfiniteFuture: once one that is under way has ended.
  // `connected`: it need not open a connection.
  absl::Time NextAttempt(const std::string& domain, bool connected);
  // When the next connection may be opened, and the next message begin on one.
  absl::Time NextConnection(const std::string& domain);
  absl::Time NextMessage(const std::string& domain);

  void AttemptBegan(const std::string& domain, absl::Time now);
  void AttemptEnded(const std::string& domain);
  void ConnectionOpened(const std::string& domain, absl::Time now);
  void MessageBegan(const std::string& domain, absl::Time now);

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    int most = 0;
    int running = 0;
    TokenBucket connections;
    // Of attempts, so that no more wait with a connection open than the rate allows ...
    TokenBucket messages;
    // ... and of messages on the wire, of which an attempt may need several.
    TokenBucket begun;
  };
  using List = std::list<std::pair<std::string, Entry>>;

  Entry& Get(const std::string& domain);
  void MakeRoom();

  const size_t max_domains_;
  // Asked for last at the front.
  List entries_;
  absl::flat_hash_map<std::string, List::iterator> by_domain_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DOMAIN_GATE_H_
