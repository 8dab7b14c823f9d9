#include "storage/listener_list.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace mailstrom::storage {

void ListenerList::Add(StoreListener* listener) {
  absl::MutexLock lock(&mutex_);
  listeners_.push_back(listener);
}

void ListenerList::Remove(StoreListener* listener) {
  absl::MutexLock lock(&mutex_);
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), listener), listeners_.end());
  if (called_ == listener && calling_thread_ == std::this_thread::get_id()) return;
  const auto is_not_called = [this, listener]()
                                 ABSL_NO_THREAD_SAFETY_ANALYSIS { return called_ != listener; };
  mutex_.Await(absl::Condition(&is_not_called));
}

void ListenerList::NotifyDue(absl::Time earliest) {
  ForEach([earliest](StoreListener& listener) { listener.OnDue(earliest); });
}

void ListenerList::NotifyEvents(int64_t last_sequence) {
  ForEach([last_sequence](StoreListener& listener) { listener.OnEvents(last_sequence); });
}

void ListenerList::NotifyHealth(const absl::Status& health) {
  ForEach([&health](StoreListener& listener) { listener.OnHealth(health); });
}

void ListenerList::ForEach(absl::FunctionRef<void(StoreListener&)> call) {
  std::vector<StoreListener*> listeners;
  {
    absl::MutexLock lock(&mutex_);
    listeners = listeners_;
    calling_thread_ = std::this_thread::get_id();
  }
  for (StoreListener* listener : listeners) {
    {
      absl::MutexLock lock(&mutex_);
      // It may have been removed since.
      if (std::find(listeners_.begin(), listeners_.end(), listener) == listeners_.end()) continue;
      called_ = listener;
    }
    call(*listener);
    absl::MutexLock lock(&mutex_);
    called_ = nullptr;
  }
}

}  // namespace mailstrom::storage
