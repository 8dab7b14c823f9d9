#include "storage/recovery_probe.h"

#include <utility>

#include "absl/synchronization/notification.h"

namespace mailstrom::storage {

RecoveryProbe::RecoveryProbe(absl::Duration interval, std::function<bool()> is_needed, Try attempt)
    : interval_(interval),
      is_needed_(std::move(is_needed)),
      attempt_(std::move(attempt)),
      thread_(&RecoveryProbe::Run, this) {}

RecoveryProbe::~RecoveryProbe() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void RecoveryProbe::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), interval_)) return;
    }
    if (is_needed_()) MakeOne();
  }
}

void RecoveryProbe::MakeOne() {
  absl::Notification tried;
  attempt_([&tried] { tried.Notify(); });
  tried.WaitForNotification();
}

}  // namespace mailstrom::storage
