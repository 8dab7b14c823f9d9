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
  GoOn();
  return absl::OkStatus();
}

void OrderBook::Put(StandingOrder order, Done done) {
  Add([this, order = std::move(order), done = std::move(done)]() mutable {
    PutNow(std::move(order), std::move(done));
  });
}

void OrderBook::TakeBack(StandingOrder order, Done done) {
  Add([this, order = std::move(order), done = std::move(done)]() mutable {
    TakeBackNow(order, std::move(done));
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
                    if (absl::IsResourceExhausted(status)) {
                      const absl::Time now = clock_.Now();
                      std::optional<StandingOrder> ended =
                          Find([now](const StandingOrder& known) { return !known.InForce(now); });
                      if (ended.has_value())
                        return Supplant(*ended, std::move(order), std::move(done));
                    }
                    if (status.ok()) {
                      const bool replaces = Enter(order);
                      Publish(Guard([this, order, replaces] {
                        // What the other one holds may be held for too long.
                        if (replaces && order.kind == StandingOrder::Kind::kSuspend) LetGo(order);
                      }));
                      EndOver();
                    }
                    done(status);
                    Next();
                  }));
}

void OrderBook::Supplant(const StandingOrder& ended, StandingOrder order, Done done) {
  auto drop = [this, ended, order = std::move(order),
               done = std::move(done)](const absl::Status& let_go) mutable {
    if (!let_go.ok()) {
      done(let_go);
      return Next();
    }
    Drop(ended, [this, order = std::move(order),
                 done = std::move(done)](const absl::Status& dropped) mutable {
      if (dropped.ok()) return PutNow(std::move(order), std::move(done));
      done(dropped);
      Next();
    });
  };
  if (ended.kind == StandingOrder::Kind::kReroute) return drop(absl::OkStatus());
  releaser_->LetGo(ended.scope, absl::InfinitePast(), std::move(drop));
}

void OrderBook::TakeBackNow(const StandingOrder& order, Done done) {
  const absl::Time now = clock_.Now();
  std::optional<StandingOrder> known =
      Find([&](const StandingOrder& other) { return order.Replaces(other) && other.InForce(now); });
  if (!known.has_value()) {
    done(absl::NotFoundError("there is no such order"));
    return Next();
  }
  End(*std::move(known), [this, done = std::move(done)](const absl::Status& status) mutable {
    done(status);
    Next();
  });
}

void OrderBook::End(StandingOrder order, Done done) {
  if (order.kind == StandingOrder::Kind::kReroute) return Drop(order, std::move(done));
  // It is forgotten only when nothing is held by it any more, whatever happens meanwhile.
  order.lifted = true;
  store_.PutOrder(order,
                  Guard([this, order, done = std::move(done)](const absl::Status& status) mutable {
                    if (status.ok()) {
                      Enter(order);
                      Publish(Guard([this, order] { LetGo(order); }));
                    }
                    done(status);
                  }));
}

void OrderBook::Drop(const StandingOrder& order, Done done) {
  store_.DropOrder(order,
                   Guard([this, order, done = std::move(done)](const absl::Status& status) mutable {
                     if (status.ok()) {
                       Strike(order);
                       // A lifted one is out of force already.
                       if (!order.lifted) Publish([] {});
                     }
                     done(status);
                   }));
}

std::optional<StandingOrder> OrderBook::Find(
    absl::FunctionRef<bool(const StandingOrder&)> fits) const {
  absl::MutexLock lock(&mutex_);
  for (const StandingOrder& order : orders_) {
    if (fits(order)) return order;
  }
  return std::nullopt;
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
  // One that lasts holds as long as it should what is due at its end or before.
  releaser_->LetGo(order.scope, order.lifted ? absl::InfinitePast() : order.expire_time,
                   [this, order](const absl::Status& status) { OnLetGo(order, status); });
}

void OrderBook::OnLetGo(const StandingOrder& order, const absl::Status& status) {
  if (!status.ok()) {
    LogWarning("what was held is let go later", {{"reason", std::string(status.message())}});
    return;
  }
  if (!order.lifted) return;
  Add([this, order] {
    // Another one may stand in its place by now.
    const bool is_lifted = Find([&](const StandingOrder& known) {
                             return order.Replaces(known) && known.lifted;
                           }).has_value();
    if (!is_lifted) return Next();
    Drop(order, [this](const absl::Status&) { Next(); });
  });
}

void OrderBook::EndOver() {
  const absl::Time now = clock_.Now();
  std::vector<StandingOrder> over;
  {
    absl::MutexLock lock(&mutex_);
    for (const StandingOrder& order : orders_) {
      if (order.IsOver(now)) over.push_back(order);
    }
  }
  for (const StandingOrder& order : over) {
    Add([this, order, now] {
      // Orders that were on their way may have renewed it, or it is ended already.
      std::optional<StandingOrder> known = Find(
          [&](const StandingOrder& other) { return order.Replaces(other) && other.IsOver(now); });
      if (!known.has_value()) return Next();
      End(*std::move(known), [this](const absl::Status&) { Next(); });
    });
  }
}

void OrderBook::GoOn() {
  const absl::Time now = clock_.Now();
  std::vector<StandingOrder> holding;
  {
    absl::MutexLock lock(&mutex_);
    for (const StandingOrder& order : orders_) {
      if (order.kind != StandingOrder::Kind::kSuspend || order.IsOver(now)) continue;
      // One with an end may stand in the place of another that held for longer.
      if (order.lifted || order.expire_time < absl::InfiniteFuture()) holding.push_back(order);
    }
  }
  for (const StandingOrder& order : holding) LetGo(order);
  EndOver();
}

void OrderBook::OnHealth(const absl::Status& health) {
  if (health.ok()) GoOn();
}

}  // namespace mailstrom::server
