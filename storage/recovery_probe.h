#ifndef MAILSTROM_STORAGE_RECOVERY_PROBE_H_
#define MAILSTROM_STORAGE_RECOVERY_PROBE_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace mailstrom::storage {

// Tries something again and again, on a thread of its own: whether what failed works again, or
// whether there is something to tidy up, although nobody calls.
class RecoveryProbe {
 public:
  // Starts a try, which calls its argument when it has ended, whatever came of it. `more`: the next
  // one is due at once.
  using Try = std::function<void(absl::AnyInvocable<void(bool more)> tried)>;

  // Each `interval`, if `is_needed`, makes one `attempt`; one at a time. Both must work until the
  // probe's destruction has returned, and so must tries under way be answered.
  RecoveryProbe(absl::Duration interval, std::function<bool()> is_needed, Try attempt);
  // Waits for a try under way.
  ~RecoveryProbe();
  RecoveryProbe(const RecoveryProbe&) = delete;
  RecoveryProbe& operator=(const RecoveryProbe&) = delete;

 private:
  void Run();
  bool MakeOne();

  const absl::Duration interval_;
  const std::function<bool()> is_needed_;
  const Try attempt_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_RECOVERY_PROBE_H_
