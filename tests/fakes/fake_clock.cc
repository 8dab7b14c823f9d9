#include "tests/fakes/fake_clock.h"

#include <algorithm>

namespace mailstrom {

FakeClock::FakeClock(absl::Time start) : now_(start) {}

absl::Time FakeClock::Now() const {
  absl::MutexLock lock(&mutex_);
  return now_;
}

Alarms::Id FakeClock::Set(absl::Duration delay, absl::AnyInvocable<void()> ring) {
  const Id id = ++last_id_;
  const absl::Duration due = elapsed_ + std::max(delay, absl::ZeroDuration());
  alarms_.emplace(Key(due, id), std::move(ring));
  due_.emplace(id, due);
  return id;
}

void FakeClock::Cancel(Id id) {
  auto due = due_.find(id);
  if (due == due_.end()) return;
  alarms_.erase(Key(due->second, id));
  due_.erase(due);
}

void FakeClock::Advance(absl::Duration duration) {
  const absl::Duration end = elapsed_ + duration;
  while (!alarms_.empty() && alarms_.begin()->first.first <= end) AdvanceToNextAlarm();
  MoveTo(end);
}

bool FakeClock::AdvanceToNextAlarm(absl::Time limit) {
  if (alarms_.empty() || NextAlarm() > limit) return false;
  auto next = alarms_.begin();
  absl::AnyInvocable<void()> ring = std::move(next->second);
  const Key key = next->first;
  alarms_.erase(next);
  due_.erase(key.second);
  MoveTo(std::max(elapsed_, key.first));
  ring();
  return true;
}

void FakeClock::JumpWallClock(absl::Duration by) {
  absl::MutexLock lock(&mutex_);
  now_ += by;
}

absl::Time FakeClock::NextAlarm() const {
  if (alarms_.empty()) return absl::InfiniteFuture();
  return Now() + (alarms_.begin()->first.first - elapsed_);
}

void FakeClock::MoveTo(absl::Duration elapsed) {
  absl::MutexLock lock(&mutex_);
  now_ += elapsed - elapsed_;
  elapsed_ = elapsed;
}

}  // namespace mailstrom
