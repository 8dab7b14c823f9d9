#include "server/admin/order_book.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/log.h"

namespace mailstrom::server {

using storage::StandingOrder;

OrderBook::OrderBook(storage::Store& store, delivery::Control& control, const Clock& clock)
    : store_(store),
      control_(control),
      clock_(clock),
      gate_(std::make_shared<CallGate>()),
      releaser_(std::make_shared<HeldReleaser>(store, clock, gate_)) {
  store_.AddListener(this);
}

OrderBook::~OrderBook() {
  store_.RemoveListener(this);
  gate_->Close();
}

absl::Status OrderBook::Load() {
  absl::StatusOr<std::vector<StandingOrder>> orders;
  absl::Notification read;
  store_.ListOrders([&](absl::StatusOr<std::vector<StandingOrder>> answer) {
    orders = std::move(answer);
    read.Notify();
  });
  read.WaitForNotification();
  if (!orders.ok()) return orders.status();
  {
    absl::MutexLock lock(&mutex_);
    orders_ = *orders;
  }
  Publish([] {});
  for (const StandingOrder& order : *orders) {
    if (order.lifted) LetGo(order);
  }
  return absl::OkStatus();
}

void OrderBook::Put(StandingOrder order, Done done) {
  Add([this, order = std::move(order), done = std::move(done)]() mutable {
    PutNow(std::move(order), std::move(done));
  });
}

void OrderBook::TakeBack(StandingOrder order, Done done) {
  Add([this, order = std::move(order), done = std::move(done)]() mutable {
    TakeBackNow(std::move(order), std::move(done));
  });
}

std::vector<StandingOrder> OrderBook::List(StandingOrder::Kind kind) const {
  std::vector<StandingOrder> listed;
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  for (const StandingOrder& order : orders_) {
    if (order.kind == kind && (order.lifted || order.InForce(now))) listed.push_back(order);
  }
  return listed;
}

void OrderBook::Add(absl::AnyInvocable<void()> step) {
  {
    absl::MutexLock lock(&mutex_);
    if (busy_) {
      steps_.push_back(std::move(step));
      return;
    }
    busy_ = true;
  }
  step();
}

void OrderBook::Next() {
  absl::AnyInvocable<void()> step;
  {
    absl::MutexLock lock(&mutex_);
    busy_ = !steps_.empty();
    if (!busy_) return;
    step = std::move(steps_.front());
    steps_.pop_front();
  }
  step();
}

void OrderBook::PutNow(StandingOrder order, Done done) {
  StandingOrder put = order;
  store_.PutOrder(std::move(put), Guard([this, order = std::move(order), done = std::move(done)](
                                            const absl::Status& status) mutable {
                    if (status.ok()) {
                      const bool replaces = Enter(order);
                      Publish(Guard([this, order, replaces] {
                        // What the other one holds may be held for too long.
                        if (replaces && order.kind == StandingOrder::Kind::kSuspend) LetGo(order);
                      }));
                      DropOver();
                    }
                    done(status);
                    Next();
                  }));
}

void OrderBook::TakeBackNow(StandingOrder order, Done done) {
  std::optional<StandingOrder> known;
  {
    absl::MutexLock lock(&mutex_);
    for (const StandingOrder& other : orders_) {
      if (order.Replaces(other) && other.InForce(clock_.Now())) known = other;
    }
  }
  if (!known.has_value()) {
    done(absl::NotFoundError("there is no such order"));
    return Next();
  }
  if (order.kind == StandingOrder::Kind::kReroute) {
    store_.DropOrder(*known, Guard([this, order = *known,
                                    done = std::move(done)](const absl::Status& status) mutable {
      if (status.ok()) {
        Strike(order);
        Publish([] {});
      }
      done(status);
      Next();
    }));
    return;
  }
  // It is forgotten only when nothing is held by it any more, whatever happens meanwhile.
  known->lifted = true;
  store_.PutOrder(*known, Guard([this, order = *known,
                                 done = std::move(done)](const absl::Status& status) mutable {
    if (status.ok()) {
      Enter(order);
      Publish(Guard([this, order] { LetGo(order); }));
    }
    done(status);
    Next();
  }));
}

bool OrderBook::Enter(const StandingOrder& order) {
  absl::MutexLock lock(&mutex_);
  for (StandingOrder& known : orders_) {
    if (!order.Replaces(known)) continue;
    known = order;
    return true;
  }
  orders_.push_back(order);
  return false;
}

void OrderBook::Strike(const StandingOrder& order) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(orders_, [&](const StandingOrder& known) { return order.Replaces(known); });
}

void OrderBook::Publish(absl::AnyInvocable<void()> done) {
  std::vector<StandingOrder> orders;
  {
    absl::MutexLock lock(&mutex_);
    orders = orders_;
  }
  control_.SetOrders(std::make_shared<const delivery::Orders>(std::move(orders)), std::move(done));
}

void OrderBook::LetGo(const StandingOrder& order) {
  releaser_->LetGo(order.scope,
                   [this, order](const absl::Status& status) { OnLetGo(order, status); });
}

void OrderBook::OnLetGo(const StandingOrder& order, const absl::Status& status) {
  if (!status.ok()) {
    LogWarning("what was held is let go later", {{"reason", std::string(status.message())}});
    return;
  }
  if (!order.lifted) return;
  Add([this, order] {
    if (!IsLifted(order)) return Next();
    store_.DropOrder(order, Guard([this, order](const absl::Status& dropped) {
                       if (dropped.ok()) Strike(order);
                       Next();
                     }));
  });
}

bool OrderBook::IsLifted(const StandingOrder& order) const {
  absl::MutexLock lock(&mutex_);
  for (const StandingOrder& known : orders_) {
    // Another one may stand in its place by now.
    if (order.Replaces(known)) return known.lifted;
  }
  return false;
}

void OrderBook::DropOver() {
  std::vector<StandingOrder> over;
  {
    absl::MutexLock lock(&mutex_);
    for (const StandingOrder& order : orders_) {
      if (order.expire_time <= clock_.Now() && !order.lifted) over.push_back(order);
    }
  }
  for (const StandingOrder& order : over) {
    Add([this, order] {
      store_.DropOrder(order, Guard([this, order](const absl::Status& dropped) {
                         if (dropped.ok()) Strike(order);
                         Next();
                       }));
    });
  }
}

void OrderBook::OnHealth(const absl::Status& health) {
  if (!health.ok()) return;
  std::vector<StandingOrder> lifted;
  {
    absl::MutexLock lock(&mutex_);
    for (const StandingOrder& order : orders_) {
      if (order.lifted) lifted.push_back(order);
    }
  }
  for (const StandingOrder& order : lifted) LetGo(order);
}

}  // namespace mailstrom::server
