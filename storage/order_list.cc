#include "storage/order_list.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mailstrom::storage {

absl::Status OrderList::Put(StandingOrder order) {
  for (StandingOrder& known : orders_) {
    if (!order.Replaces(known)) continue;
    known = std::move(order);
    return absl::OkStatus();
  }
  if (orders_.size() >= kMaxOrders) {
    return absl::ResourceExhaustedError(absl::StrCat("there are ", kMaxOrders, " orders already"));
  }
  orders_.push_back(std::move(order));
  return absl::OkStatus();
}

void OrderList::Drop(const StandingOrder& order) {
  std::erase_if(orders_, [&](const StandingOrder& known) { return order.Replaces(known); });
}

}  // namespace mailstrom::storage
