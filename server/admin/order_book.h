#ifndef MAILSTROM_SERVER_ADMIN_ORDER_BOOK_H_
#define MAILSTROM_SERVER_ADMIN_ORDER_BOOK_H_

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "delivery/control.h"
#include "server/admin/call_gate.h"
#include "server/admin/held_releaser.h"
#include "storage/standing_order.h"
#include "storage/store.h"

namespace mailstrom::server {

// The orders of operators: durable in the store first, then in force in delivery. Changes are made
// one after the other. Thread-safe; no call blocks but Load.
class OrderBook final : private storage::StoreListener {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  // All must outlive it; calls that wait for an answer are to be over before its end.
  OrderBook(storage::Store& store, delivery::Control& control, const Clock& clock);
  ~OrderBook() override;

  // Takes over what the store has, goes on letting go what was held, and ends what is over. Once,
  // before delivery starts and before all else. Errors are those of the store.
  absl::Status Load();

  // Errors as Store::PutOrder, but orders that are no longer in force take up no room.
  void Put(storage::StandingOrder order, Done done);

  // Takes back the order that `order` would replace; what it held back is let go in the background.
  // NotFound: there is none.
  void TakeBack(storage::StandingOrder order, Done done);

  // Those of one kind that are in force, and those that are being lifted.
  std::vector<storage::StandingOrder> List(storage::StandingOrder::Kind kind) const;

 private:
  template <typename Callback>
  auto Guard(Callback callback) {
    return CallGate::Guard(gate_, std::move(callback));
  }
  // Runs `step` when all before it have run; it calls `Next` when it is through.
  void Add(absl::AnyInvocable<void()> step);
  void Next();
  void PutNow(storage::StandingOrder order, Done done);
  // Puts `order` in the room of one that is no longer in force, of another scope.
  void Supplant(const storage::StandingOrder& ended, storage::StandingOrder order, Done done);
  void TakeBackNow(const storage::StandingOrder& order, Done done);
  // Lifts a suspension, and drops a reroute, that is in the book.
  void End(storage::StandingOrder order, Done done);
  // Forgets the order in this place.
  void Drop(const storage::StandingOrder& order, Done done);
  // The first that fits.
  std::optional<storage::StandingOrder> Find(
      absl::FunctionRef<bool(const storage::StandingOrder&)> fits) const;
  // Takes an order into the book, or out of it. True: there was another that it replaces.
  bool Enter(const storage::StandingOrder& order);
  void Strike(const storage::StandingOrder& order);
  // Puts the book into force, then runs `done`.
  void Publish(absl::AnyInvocable<void()> done);
  // Lets go of what is held in an order's place for longer than it says, and forgets the order if
  // it is lifted.
  void LetGo(const storage::StandingOrder& order);
  void OnLetGo(const storage::StandingOrder& order, const absl::Status& status);
  // Ends orders that are over.
  void EndOver();
  // Takes up all that was interrupted.
  void GoOn();

  void OnDue(absl::Time) override {}
  void OnEvents(int64_t) override {}
  void OnHealth(const absl::Status& health) override;

  storage::Store& store_;
  delivery::Control& control_;
  const Clock& clock_;
  const std::shared_ptr<CallGate> gate_;
  const std::shared_ptr<HeldReleaser> releaser_;

  mutable absl::Mutex mutex_;
  std::vector<storage::StandingOrder> orders_ ABSL_GUARDED_BY(mutex_);
  std::deque<absl::AnyInvocable<void()>> steps_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_ORDER_BOOK_H_
