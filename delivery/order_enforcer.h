#ifndef MAILSTROM_DELIVERY_ORDER_ENFORCER_H_
#define MAILSTROM_DELIVERY_ORDER_ENFORCER_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "asio/any_io_executor.hpp"
#include "base/clock.h"
#include "delivery/orders.h"
#include "delivery/outcome_recorder.h"
#include "delivery/parcel.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// Makes delivery keep to what operators ordered: holds back whom they suspend, and looks again at
// what waited when orders changed, some parcels at a time. Lives on one strand.
class OrderEnforcer : public std::enable_shared_from_this<OrderEnforcer> {
 public:
  struct Hooks {
    // Takes a parcel that was looked at again and still goes where it went, as far as its route is
    // concerned; whether it is to be held back is not decided yet.
    std::function<void(Parcel)> enqueue;
    // Some have been; attempts may begin.
    std::function<void()> dispatch;
  };

  // What is passed in by reference must outlive it.
  OrderEnforcer(const Clock& clock, asio::any_io_executor executor, OutcomeRecorder& outcomes,
                Hooks hooks);

  // In force from now on. What waits already is for Reconsider.
  void SetOrders(std::shared_ptr<const Orders> orders);
  const Orders& orders() const { return *orders_; }

  // Looks again at parcels that waited when orders changed. Where a route may have changed with
  // them they are given back to the store, to be claimed and routed anew.
  void Reconsider(std::vector<Parcel> waiting);
  // Whether this recipient is still to be looked at again. Looks at all.
  bool Has(const std::string& email_id, int recipient_index) const;

  // Holds back those of a parcel whom an order suspends. True: some are left.
  bool HoldBack(Parcel& parcel);
  // The same while the sites of an email's recipients are not known. Returns those that are left.
  std::vector<DomainGroup> HoldBack(const storage::EmailRecord& email,
                                    std::vector<DomainGroup> groups);

  // Gives back what is still to be looked at again, and looks at nothing more.
  void Stop();

 private:
  void ReconsiderSome();

  const Clock& clock_;
  const asio::any_io_executor executor_;
  OutcomeRecorder& outcomes_;
  const Hooks hooks_;
  std::shared_ptr<const Orders> orders_ = std::make_shared<const Orders>();
  // Parcels that waited when orders changed.
  std::deque<Parcel> reconsidered_;
  // Their routes may have changed, too.
  bool reroute_ = false;
  // A turn to look at more of them is on its way.
  bool reconsidering_ = false;
  bool stopped_ = false;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ORDER_ENFORCER_H_
