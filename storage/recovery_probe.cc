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
  bool more = false;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const absl::Duration wait = more ? absl::ZeroDuration() : interval_;
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), wait)) return;
    }
    more = is_needed_() && MakeOne();
  }
}

bool RecoveryProbe::MakeOne() {
  absl::Notification tried;
  bool more = false;
  attempt_([&](bool has_more) {
    more = has_more;
    tried.Notify();
  });
  tried.WaitForNotification();
  return more;
}

}  // namespace mailstrom::storage
