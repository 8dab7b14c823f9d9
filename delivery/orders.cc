#include "delivery/orders.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::delivery {
namespace {

using storage::OrderScope;
using storage::StandingOrder;

std::string KeyOf(OrderScope::Kind kind, absl::string_view value, absl::string_view name = "") {
  return absl::StrCat(static_cast<int>(kind), " ", name, "\n", value);
}

}  // namespace

Orders::Orders(std::vector<StandingOrder> orders) : orders_(std::move(orders)) {
  for (const StandingOrder& order : orders_) {
    if (order.lifted) continue;
    Index& index = order.kind == StandingOrder::Kind::kSuspend ? suspensions_ : reroutes_;
    index[KeyOf(order.scope.kind, order.scope.value, order.scope.name)] = &order;
  }
}

template <typename Take>
void Orders::ForEachMatch(const Index& index, const Mail& mail, absl::Time now, Take take) {
  if (index.empty()) return;
  const auto look = [&](OrderScope::Kind kind, absl::string_view value,
                        absl::string_view name = "") {
    const auto found = index.find(KeyOf(kind, value, name));
    if (found != index.end() && found->second->InForce(now)) take(*found->second);
  };
  look(OrderScope::Kind::kDomain, mail.domain);
  for (size_t dot = mail.domain.find('.'); dot != absl::string_view::npos;
       dot = mail.domain.find('.', dot + 1)) {
    look(OrderScope::Kind::kDomain, absl::StrCat("*", mail.domain.substr(dot)));
  }
  look(OrderScope::Kind::kTenant, mail.email.tenant);
  for (const auto& [name, value] : mail.email.tags) look(OrderScope::Kind::kTag, value, name);
  if (mail.site == nullptr) return;
  look(OrderScope::Kind::kSite, mail.site->key);
  for (const MxHost& host : mail.site->hosts) look(OrderScope::Kind::kSite, host.name);
}

const StandingOrder* Orders::FindSuspension(const Mail& mail, absl::Time now) const {
  const StandingOrder* longest = nullptr;
  ForEachMatch(suspensions_, mail, now, [&](const StandingOrder& order) {
    if (longest == nullptr || order.expire_time > longest->expire_time) longest = &order;
  });
  return longest;
}

const StandingOrder* Orders::FindReroute(const Mail& mail, absl::Time now) const {
  const StandingOrder* last = nullptr;
  ForEachMatch(reroutes_, mail, now, [&](const StandingOrder& order) {
    if (last == nullptr || order.create_time > last->create_time) last = &order;
  });
  return last;
}

}  // namespace mailstrom::delivery
