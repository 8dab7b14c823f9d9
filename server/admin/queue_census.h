#ifndef MAILSTROM_SERVER_ADMIN_QUEUE_CENSUS_H_
#define MAILSTROM_SERVER_ADMIN_QUEUE_CENSUS_H_

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "storage/store.h"

namespace mailstrom::server {

// Counts the queue by domain, for many who ask: those who ask while it counts share the count, and
// a count that is not older than ten times what it took, and not older than ten seconds, is good
// for whoever asks later. So whoever looks all the time takes a tenth of one reader of the store.
// Thread-safe.
class QueueCensus {
 public:
  struct Count {
    storage::QueueSummary summary;
    absl::Time time;
  };
  using CountPtr = std::shared_ptr<const Count>;
  using Done = absl::AnyInvocable<void(absl::StatusOr<CountPtr>)>;

  // Both must outlive the calls of the store, and this, too.
  QueueCensus(storage::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // `done` runs within the call or on a thread of the store.
  void Ask(Done done);

 private:
  void OnCounted(absl::Time begin, absl::StatusOr<storage::QueueSummary> summary);

  storage::Store& store_;
  const Clock& clock_;

  absl::Mutex mutex_;
  CountPtr last_ ABSL_GUARDED_BY(mutex_);
  // The last one is good until then.
  absl::Time good_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<Done> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_QUEUE_CENSUS_H_
