#ifndef MAILSTROM_SERVER_ADMIN_CALL_GATE_H_
#define MAILSTROM_SERVER_ADMIN_CALL_GATE_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace mailstrom::server {

// Lets an object go while callbacks that use it are on their way: those that come after the end
// find the gate closed, and the end waits for those that are inside. Thread-safe.
class CallGate {
 public:
  // No more callbacks enter; returns when none is inside. Not from within one.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    mutex_.Await(absl::Condition(+[](int* inside) { return *inside == 0; }, &inside_));
  }

  // `callback`, but without any effect once the gate is closed.
  template <typename Callback>
  static auto Guard(std::shared_ptr<CallGate> gate, Callback callback) {
    return [gate = std::move(gate), callback = std::move(callback)](auto&&... arguments) mutable {
      if (!gate->Enter()) return;
      callback(std::forward<decltype(arguments)>(arguments)...);
      gate->Leave();
    };
  }

 private:
  bool Enter() {
    absl::MutexLock lock(&mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    --inside_;
  }

  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_CALL_GATE_H_
