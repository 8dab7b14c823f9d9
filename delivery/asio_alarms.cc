#include "delivery/asio_alarms.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "asio/steady_timer.hpp"

namespace mailstrom::delivery {

// All alarms in the order in which they ring, and one timer for the first of them: setting and
// cancelling, which happen with every read and write, leave the reactor alone as a rule.
class AsioAlarms::Queue : public std::enable_shared_from_this<Queue> {
 public:
  explicit Queue(asio::any_io_executor executor) : timer_(std::move(executor)) {}

  Id Set(absl::Duration delay, absl::AnyInvocable<void()> ring) {
    // Far below where the clock's 64 bits of nanoseconds overflow.
    constexpr absl::Duration kMaxDelay = absl::Hours(24 * 365 * 10);
    const Time due = std::chrono::steady_clock::now() +
                     absl::ToChronoNanoseconds(std::clamp(delay, absl::ZeroDuration(), kMaxDelay));
    const Id id = ++last_id_;
    due_.emplace(id, due);
    alarms_.emplace(Key(due, id), std::move(ring));
    if (due < armed_) Arm(due);
    return id;
  }

  void Cancel(Id id) {
    const auto due = due_.find(id);
    if (due == due_.end()) return;
    alarms_.erase(Key(due->second, id));
    due_.erase(due);
    // Nothing is left to wait for, so an io_context may run out of work.
    if (alarms_.empty()) Disarm();
  }

  void Stop() {
    alarms_.clear();
    due_.clear();
    Disarm();
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Key = std::pair<Time, Id>;

  void Arm(Time due) {
    armed_ = due;
    timer_.expires_at(due);
    timer_.async_wait([self = shared_from_this()](asio::error_code error) {
      if (!error) self->Ring();
    });
  }

  void Disarm() {
    armed_ = Time::max();
    timer_.cancel();
  }

  void Ring() {
    armed_ = Time::max();
    const Time now = std::chrono::steady_clock::now();
    // Those set meanwhile with no delay wait for the next turn, or they could hold up all else.
    const Id last = last_id_;
    while (!alarms_.empty()) {
      const auto next = alarms_.begin();
      const Key key = next->first;
      if (key.first > now || key.second > last) break;
      absl::AnyInvocable<void()> ring = std::move(next->second);
      alarms_.erase(next);
      due_.erase(key.second);
      ring();
    }
    if (!alarms_.empty() && alarms_.begin()->first.first < armed_)
      Arm(alarms_.begin()->first.first);
  }

  asio::steady_timer timer_;
  // When the timer goes off.
  Time armed_ = Time::max();
  Id last_id_ = kNone;
  absl::btree_map<Key, absl::AnyInvocable<void()>> alarms_;
  absl::flat_hash_map<Id, Time> due_;
};

AsioAlarms::AsioAlarms(asio::any_io_executor executor)
    : queue_(std::make_shared<Queue>(std::move(executor))) {}

AsioAlarms::~AsioAlarms() { queue_->Stop(); }

Alarms::Id AsioAlarms::Set(absl::Duration delay, absl::AnyInvocable<void()> ring) {
  return queue_->Set(delay, std::move(ring));
}

void AsioAlarms::Cancel(Id id) { queue_->Cancel(id); }

}  // namespace mailstrom::delivery
