#ifndef MAILSTROM_TESTS_FAKES_FAKE_CLOCK_H_
#define MAILSTROM_TESTS_FAKES_FAKE_CLOCK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/alarms.h"
#include "base/clock.h"

namespace mailstrom {

// A clock that moves only when told, and its alarms. Now() is thread-safe; the rest belongs to one
// thread.
class FakeClock final : public Clock, public Alarms {
 public:
  // 2026-01-01T00:00:00Z.
  static absl::Time DefaultStart() { return absl::FromUnixSeconds(1767225600); }

  explicit FakeClock(absl::Time start = DefaultStart());

  absl::Time Now() const override;
  Id Set(absl::Duration delay, absl::AnyInvocable<void()> ring) override;
  void Cancel(Id id) override;

  // Moves on by `duration`, ringing on the way, each alarm at its own time. Alarms that are set
  // meanwhile ring too when they are due.
  void Advance(absl::Duration duration);

  // Moves on to the next alarm, if that is at or before `limit`, and rings it. False: there is
  // none, and nothing changed.
  bool AdvanceToNextAlarm(absl::Time limit = absl::InfiniteFuture());

  // Moves the wall clock, forwards or backwards, and leaves the alarms' delays alone.
  void JumpWallClock(absl::Duration by);

  // When the next alarm rings; InfiniteFuture when none is set.
  absl::Time NextAlarm() const;
  size_t alarm_count() const { return alarms_.size(); }

 private:
  // Time, then order of setting.
  using Key = std::pair<absl::Duration, Id>;

  void MoveTo(absl::Duration elapsed);

  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  // On the monotonic clock, since the start.
  absl::Duration elapsed_;
  Id last_id_ = kNone;
  std::map<Key, absl::AnyInvocable<void()>> alarms_;
  std::map<Id, absl::Duration> due_;
};

}  // namespace mailstrom

#endif  // MAILSTROM_TESTS_FAKES_FAKE_CLOCK_H_
