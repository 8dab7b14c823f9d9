#include "delivery/order_enforcer.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "asio/post.hpp"
#include "storage/standing_order.h"

namespace mailstrom::delivery {
namespace {

// The strand has other work, too.
constexpr int kInOneGo = 100;

}  // namespace

OrderEnforcer::OrderEnforcer(const Clock& clock, asio::any_io_executor executor,
                             OutcomeRecorder& outcomes, Hooks hooks)
    : clock_(clock),
      executor_(std::move(executor)),
      outcomes_(outcomes),
      hooks_(std::move(hooks)) {}

void OrderEnforcer::SetOrders(std::shared_ptr<const Orders> orders) {
  reroute_ |= orders_->has_reroutes() || orders->has_reroutes();
  orders_ = std::move(orders);
}

void OrderEnforcer::Reconsider(std::vector<Parcel> waiting) {
  for (Parcel& parcel : waiting) reconsidered_.push_back(std::move(parcel));
  if (!reconsidering_) ReconsiderSome();
}

void OrderEnforcer::ReconsiderSome() {
  for (int i = 0; i < kInOneGo && !reconsidered_.empty(); ++i) {
    Parcel parcel = std::move(reconsidered_.front());
    reconsidered_.pop_front();
    if (reroute_) {
      // Claimed again at once, and routed by the orders that stand now.
      outcomes_.Release(parcel.recipients, *parcel.email, absl::UnixEpoch());
    } else {
      hooks_.enqueue(std::move(parcel));
    }
  }
  hooks_.dispatch();
  reconsidering_ = !reconsidered_.empty();
  if (!reconsidering_) {
    reroute_ = false;
    return;
  }
  asio::post(executor_, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr && !self->stopped_) self->ReconsiderSome();
  });
}

bool OrderEnforcer::Has(const std::string& email_id, int recipient_index) const {
  return std::any_of(reconsidered_.begin(), reconsidered_.end(), [&](const Parcel& parcel) {
    return parcel.email->email_id == email_id && HasRecipient(parcel.recipients, recipient_index);
  });
}

bool OrderEnforcer::HoldBack(Parcel& parcel) {
  if (!orders_->has_suspensions()) return true;
  std::vector<ParcelRecipient> left;
  for (ParcelRecipient& recipient : parcel.recipients) {
    const storage::StandingOrder* order =
        orders_->FindSuspension({*parcel.email, DomainOf(recipient), &parcel.site}, clock_.Now());
    if (order == nullptr) {
      left.push_back(std::move(recipient));
    } else {
      outcomes_.HoldBack({std::move(recipient)}, *parcel.email, order->expire_time);
    }
  }
  parcel.recipients = std::move(left);
  return !parcel.recipients.empty();
}

std::vector<DomainGroup> OrderEnforcer::HoldBack(const storage::EmailRecord& email,
                                                 std::vector<DomainGroup> groups) {
  if (!orders_->has_suspensions()) return groups;
  std::vector<DomainGroup> left;
  for (DomainGroup& group : groups) {
    const storage::StandingOrder* order =
        orders_->FindSuspension({email, group.domain}, clock_.Now());
    if (order == nullptr) {
      left.push_back(std::move(group));
    } else {
      outcomes_.HoldBack(group.recipients, email, order->expire_time);
    }
  }
  return left;
}

void OrderEnforcer::Stop() {
  stopped_ = true;
  for (const Parcel& parcel : std::exchange(reconsidered_, {})) {
    outcomes_.Release(parcel.recipients, *parcel.email, clock_.Now());
  }
}

}  // namespace mailstrom::delivery
