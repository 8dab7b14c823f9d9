#include "server/event_run_cache.h"

#include <optional>
#include <utility>

namespace mailstrom::server {
namespace {

// A run begins after a multiple of this. Some 400 KB, read in about a millisecond.
constexpr int64_t kRunEvents = 512;

int64_t AlignedStart(int64_t after) { return after - after % kRunEvents; }

}  // namespace

EventRunCache::EventRunCache(storage::Store& store, const Options& options)
    : store_(store), options_(options) {}

EventRunCache::~EventRunCache() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(+[](bool* reading) { return !*reading; }, &reading_));
}

EventRunPtr EventRunCache::Find(int64_t after) {
  absl::MutexLock lock(&mutex_);
  return Search(AlignedStart(after), after).run;
}

void EventRunCache::Read(int64_t after, Done done) {
  EventRunPtr run;
  std::optional<int64_t> start;
  {
    absl::MutexLock lock(&mutex_);
    Place place = Search(AlignedStart(after), after);
    run = std::move(place.run);
    if (run == nullptr) {
      waiters_[place.start].push_back({after, std::move(done)});
      if (!reading_) start = NextStart();
    }
  }
  if (run != nullptr) return done(std::move(run));
  if (start.has_value()) ReadFrom(*start);
}

EventRunCache::Place EventRunCache::Search(int64_t start, int64_t after) {
  // A run may end early: where the log did when it was read, or because its events are large.
  for (auto found = by_start_.find(start); found != by_start_.end();
       found = by_start_.find(start)) {
    kept_.splice(kept_.begin(), kept_, found->second);
    const EventRunPtr& run = kept_.front().run;
    if (run->last_sequence() > after) return {start, run};
    start = run->last_sequence();
  }
  return {start, nullptr};
}

void EventRunCache::Keep(int64_t start, EventRunPtr run) {
  if (by_start_.contains(start)) return;
  kept_bytes_ += run->size_bytes();
  kept_.push_front({start, std::move(run)});
  by_start_[start] = kept_.begin();
  while (kept_bytes_ > options_.max_bytes) {
    kept_bytes_ -= kept_.back().run->size_bytes();
    by_start_.erase(kept_.back().start);
    kept_.pop_back();
  }
}

std::optional<int64_t> EventRunCache::NextStart() {
  reading_ = !waiters_.empty();
  if (!reading_) return std::nullopt;
  auto next = waiters_.upper_bound(hand_);
  if (next == waiters_.end()) next = waiters_.begin();
  hand_ = next->first;
  return hand_;
}

void EventRunCache::ReadFrom(int64_t start) {
  const int64_t max_events = AlignedStart(start) + kRunEvents - start;
  store_.ReadEvents(start, static_cast<int>(max_events),
                    [this, start](absl::StatusOr<storage::EventBatch> batch) {
                      OnBatch(start, std::move(batch));
                    });
}

void EventRunCache::OnBatch(int64_t start, absl::StatusOr<storage::EventBatch> batch) {
  absl::StatusOr<EventRunPtr> run = nullptr;
  if (batch.ok()) {
    run = std::make_shared<const EventRun>(*std::move(batch));
  } else {
    run = batch.status();
  }
  for (Done& done : Settle(start, run)) done(run);
  std::optional<int64_t> next;
  {
    absl::MutexLock lock(&mutex_);
    next = NextStart();
  }
  if (next.has_value()) ReadFrom(*next);
}

std::vector<EventRunCache::Done> EventRunCache::Settle(int64_t start,
                                                       const absl::StatusOr<EventRunPtr>& run) {
  const int64_t last = run.ok() ? (*run)->last_sequence() : start;
  std::vector<Done> settled;
  absl::MutexLock lock(&mutex_);
  if (last > start) Keep(start, *run);
  std::vector<Waiter> waiters = std::move(waiters_.extract(start).mapped());
  for (Waiter& waiter : waiters) {
    const bool is_answer = last > waiter.after || start == waiter.after ||
                           (!run.ok() && !absl::IsOutOfRange(run.status()));
    if (is_answer) {
      settled.push_back(std::move(waiter.done));
    } else {
      // The run ended early; or it began before the log's beginning, but the waiter need not.
      waiters_[last > start ? last : waiter.after].push_back(std::move(waiter));
    }
  }
  return settled;
}

}  // namespace mailstrom::server
