#ifndef MAILSTROM_STORAGE_WORKER_POOL_H_
#define MAILSTROM_STORAGE_WORKER_POOL_H_

#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "storage/two_lanes.h"

namespace mailstrom::storage {

// Runs closures on threads of its own, begun in the order in which they were posted to their lane;
// with one thread, one after the other. Destruction runs everything that was posted, then ends the
// threads. Thread-safe.
class WorkerPool {
 public:
  // `threads` is at least 1.
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Post(absl::AnyInvocable<void()> work, Lane lane = Lane::kDelivery);

 private:
  void Run();
  bool HasWorkOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  TwoLanes<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_WORKER_POOL_H_
