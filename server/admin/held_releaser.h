#ifndef MAILSTROM_SERVER_ADMIN_HELD_RELEASER_H_
#define MAILSTROM_SERVER_ADMIN_HELD_RELEASER_H_

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "server/admin/call_gate.h"
#include "storage/standing_order.h"
#include "storage/store.h"

namespace mailstrom::server {

// Makes recipients due that were held back by an order that holds them no longer: page by page, in
// bounded memory. What another order holds back is held again when it is claimed. Thread-safe.
class HeldReleaser : public std::enable_shared_from_this<HeldReleaser> {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  // Nothing is done any more once `gate` is closed; until then `store` and `clock` must live.
  HeldReleaser(storage::Store& store, const Clock& clock, std::shared_ptr<CallGate> gate)
      : store_(store), clock_(clock), gate_(std::move(gate)) {}

  // Of those in `scope` only what would be due after `until`. `done` runs when all are due, or the
  // store has refused.
  void LetGo(const storage::OrderScope& scope, absl::Time until, Done done);

 private:
  struct Walk {
    storage::QueueQuery query;
    absl::Time until;
    Done done;
  };

  void ReadOn(const std::shared_ptr<Walk>& walk);
  void OnPage(const std::shared_ptr<Walk>& walk, absl::StatusOr<storage::QueuePage> page);
  void GoOn(const std::shared_ptr<Walk>& walk);

  storage::Store& store_;
  const Clock& clock_;
  const std::shared_ptr<CallGate> gate_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_HELD_RELEASER_H_
