#ifndef MAILSTROM_SERVER_EVENT_RUN_CACHE_H_
#define MAILSTROM_SERVER_EVENT_RUN_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/event_run.h"
#include "storage/store.h"

namespace mailstrom::server {

using EventRunPtr = std::shared_ptr<const EventRun>;

// The event log for all who have to catch up: a thousand watchers who come back at once, as after a
// crash, read and decode each piece of it once. Runs begin at fixed places, so that watchers who
// stand at different ones share them. One run is read at a time, always the next that somebody
// waits for, and after the last the first: each round takes along all it meets, whatever it has to
// go through, and nobody waits for longer than a round. The runs used last are kept for those who
// fall behind it.
//
// Thread-safe; one lock for each run that a watcher looks through.
class EventRunCache {
 public:
  struct Options {
    // Of the runs kept.
    size_t max_bytes = size_t{32} << 20;
  };
  using Done = absl::AnyInvocable<void(absl::StatusOr<EventRunPtr>)>;

  // `store` must outlive the cache.
  EventRunCache(storage::Store& store, const Options& options);
  // Waits for reads under way.
  ~EventRunCache();

  // The run that holds what follows `after`, and perhaps what is before it; null when it is not
  // here: read it.
  EventRunPtr Find(int64_t after);

  // Brings that run, or one that ends at `after` when the log does. Errors are those of
  // Store::ReadEvents. `done` runs once: on a thread of the store or, when the run has come
  // meanwhile, inside the call.
  void Read(int64_t after, Done done);

 private:
  struct Kept {
    int64_t start;
    EventRunPtr run;
  };
  struct Waiter {
    int64_t after;
    Done done;
  };
  // Where a search in what is kept has ended.
  struct Place {
    int64_t start = 0;
    // The run that begins there; null when it has to be read.
    EventRunPtr run;
  };

  // Goes from run to run, beginning with the one after `start`, up to what follows `after`.
  Place Search(int64_t start, int64_t after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(int64_t start, EventRunPtr run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The read that comes next, which is under way from now on; nothing when nobody waits.
  std::optional<int64_t> NextStart() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadFrom(int64_t start);
  void OnBatch(int64_t start, absl::StatusOr<storage::EventBatch> batch);
  // Keeps `run`; those who got what they wait for are answered, the others wait on.
  std::vector<Done> Settle(int64_t start, const absl::StatusOr<EventRunPtr>& run);

  storage::Store& store_;
  const Options options_;

  absl::Mutex mutex_;
  // Used last at the front.
  std::list<Kept> kept_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<int64_t, std::list<Kept>::iterator> by_start_ ABSL_GUARDED_BY(mutex_);
  size_t kept_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // By the place after which their run begins.
  std::map<int64_t, std::vector<Waiter>> waiters_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  // Where the read begins that is under way, or was last.
  int64_t hand_ ABSL_GUARDED_BY(mutex_) = -1;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_EVENT_RUN_CACHE_H_
