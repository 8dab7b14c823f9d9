#ifndef MAILSTROM_STORAGE_LISTENER_LIST_H_
#define MAILSTROM_STORAGE_LISTENER_LIST_H_

#include <cstdint>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/store.h"

namespace mailstrom::storage {

// The listeners of a store. Notify* belong to one thread; the rest is thread-safe. Listeners are
// called without a lock held, and may add or remove themselves and others from within a call.
class ListenerList {
 public:
  void Add(StoreListener* listener);
  // Waits for a call of `listener` under way on another thread.
  void Remove(StoreListener* listener);

  void NotifyDue(absl::Time earliest);
  void NotifyEvents(int64_t last_sequence);
  void NotifyHealth(const absl::Status& health);

 private:
  void ForEach(absl::FunctionRef<void(StoreListener&)> call);

  absl::Mutex mutex_;
  std::vector<StoreListener*> listeners_ ABSL_GUARDED_BY(mutex_);
  // Whom the notifying thread is calling just now.
  StoreListener* called_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread::id calling_thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_LISTENER_LIST_H_
