#ifndef MAILSTROM_STORAGE_ORDER_LIST_H_
#define MAILSTROM_STORAGE_ORDER_LIST_H_

#include <vector>

#include "absl/status/status.h"
#include "storage/standing_order.h"

namespace mailstrom::storage {

// Operators' orders in memory, one of each kind for each scope. Not thread-safe.
class OrderList {
 public:
  // Replaces the order of the same kind and scope, if any. ResourceExhausted: there are kMaxOrders
  // others.
  absl::Status Put(StandingOrder order);

  // No effect when there is none of the same kind and scope.
  void Drop(const StandingOrder& order);

  const std::vector<StandingOrder>& all() const { return orders_; }

 private:
  std::vector<StandingOrder> orders_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_ORDER_LIST_H_
