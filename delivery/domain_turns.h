#ifndef MAILSTROM_DELIVERY_DOMAIN_TURNS_H_
#define MAILSTROM_DELIVERY_DOMAIN_TURNS_H_

#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// Claimed emails that wait to be routed. Domains take turns, so that thousands of emails for one
// are not before the next one for another; each domain's are in order. An email counts for its
// first recipient's domain. Lives on one strand.
class DomainTurns {
 public:
  // `email` has a recipient.
  void Push(storage::ClaimedEmail email);

  // The next one; only when there is one.
  storage::ClaimedEmail Pop();

  // Whether this recipient is among them. Looks at all.
  bool Has(const std::string& email_id, int recipient_index) const;

  bool empty() const { return turns_.empty(); }

 private:
  absl::flat_hash_map<std::string, std::deque<storage::ClaimedEmail>> waiting_;
  // Domains with emails waiting, each once.
  std::deque<std::string> turns_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DOMAIN_TURNS_H_
