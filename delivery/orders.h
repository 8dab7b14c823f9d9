#ifndef MAILSTROM_DELIVERY_ORDERS_H_
#define MAILSTROM_DELIVERY_ORDERS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "delivery/site.h"
#include "storage/standing_order.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// What operators ordered, made to be looked up. Immutable.
class Orders {
 public:
  Orders() = default;
  explicit Orders(std::vector<storage::StandingOrder> orders);
  Orders(const Orders&) = delete;
  Orders& operator=(const Orders&) = delete;

  // What mail an order may be about.
  struct Mail {
    const storage::EmailRecord& email;
    // Of the recipient, in lower-case A-labels.
    absl::string_view domain;
    // Where it goes; null while that is not known.
    const Site* site = nullptr;
  };

  // The suspension that holds `mail` back at `now`, of several the one that lasts longest; null:
  // none.
  const storage::StandingOrder* FindSuspension(const Mail& mail, absl::Time now) const;

  // The order that sends `mail` elsewhere at `now`, of several the one that was given last; null:
  // none.
  const storage::StandingOrder* FindReroute(const Mail& mail, absl::Time now) const;

  bool has_suspensions() const { return !suspensions_.empty(); }
  bool has_reroutes() const { return !reroutes_.empty(); }

 private:
  // By scope.
  using Index = absl::flat_hash_map<std::string, const storage::StandingOrder*>;

  template <typename Take>
  static void ForEachMatch(const Index& index, const Mail& mail, absl::Time now, Take take);

  const std::vector<storage::StandingOrder> orders_;
  Index suspensions_;
  Index reroutes_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ORDERS_H_
