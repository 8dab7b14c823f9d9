#ifndef MAILSTROM_DELIVERY_CLAIMER_H_
#define MAILSTROM_DELIVERY_CLAIMER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "asio/any_io_executor.hpp"
#include "base/alarms.h"
#include "base/clock.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// Claims what is due when it is due, as much as there is room for. Lives on one strand, but for
// what the store calls.
class Claimer : public storage::StoreListener, public std::enable_shared_from_this<Claimer> {
 public:
  struct Hooks {
    // Recipients for which there is room now; not positive while claiming must pause.
    std::function<int()> room;
    // Takes what was claimed.
    std::function<void(std::vector<storage::ClaimedEmail>)> take;
    // The store is healthy again.
    std::function<void()> recovered = [] {};
  };

  Claimer(storage::Store& store, const Clock& clock, Alarms& alarms, asio::any_io_executor executor,
          Hooks hooks);

  // Begins to listen and to claim.
  void Start();
  // Claims no more; a claim under way is still handed over. Call before destruction.
  void Stop();
  // There may be room again.
  void Poke();
  bool claiming() const { return claiming_; }

  void OnDue(absl::Time earliest) override;
  void OnEvents(int64_t) override {}
  void OnHealth(const absl::Status& health) override;

 private:
  void ClaimIfDue();
  void OnClaimed(absl::StatusOr<storage::DueWork> work);
  void TakeNews();
  void WakeAfter(absl::Duration delay);

  storage::Store& store_;
  const Clock& clock_;
  Alarms& alarms_;
  const asio::any_io_executor executor_;
  const Hooks hooks_;
  bool started_ = false;
  bool stopped_ = false;
  bool claiming_ = false;
  // The store refused; waits for the alarm.
  bool paused_ = false;
  int failures_ = 0;
  // Nothing is due before this, as far as is known.
  absl::Time next_due_ = absl::InfinitePast();
  Alarms::Id alarm_ = Alarms::kNone;

  absl::Mutex mutex_;
  // The earliest due time told since the strand looked last.
  absl::Time news_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_CLAIMER_H_
