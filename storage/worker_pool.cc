#include "storage/worker_pool.h"

#include <utility>

namespace mailstrom::storage {

WorkerPool::WorkerPool(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back(&WorkerPool::Run, this);
}

WorkerPool::~WorkerPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Post(absl::AnyInvocable<void()> work, Lane lane) {
  absl::MutexLock lock(&mutex_);
  queue_.Push(lane, std::move(work));
}

bool WorkerPool::HasWorkOrStops() const { return !queue_.empty() || stopping_; }

void WorkerPool::Run() {
  while (true) {
    absl::AnyInvocable<void()> work;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &WorkerPool::HasWorkOrStops));
      if (queue_.empty()) return;
      work = queue_.Pop();
    }
    work();
  }
}

}  // namespace mailstrom::storage
