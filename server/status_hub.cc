#include "server/status_hub.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace mailstrom::server {
namespace {

// Bounds the time for which one batch holds up the store's thread.
constexpr int kBatchEvents = 512;

}  // namespace

StatusHub::StatusHub(storage::Store& store, size_t window)
    : store_(store),
      window_(window),
      start_(store.LastSequence()),
      durable_(start_),
      position_(std::max<int64_t>(start_ - static_cast<int64_t>(window), 0)) {
  store_.AddListener(this);
  CatchUp();
}

StatusHub::~StatusHub() {
  store_.RemoveListener(this);
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  mutex_.Await(absl::Condition(+[](bool* reading) { return !*reading; }, &reading_));
}

std::optional<StatusHub::Joined> StatusHub::Join(std::weak_ptr<EventSubscriber> subscriber,
                                                 const EventFilter* filter, int64_t after,
                                                 size_t max_events) {
  absl::MutexLock lock(&mutex_);
  Joined joined;
  joined.position = std::max(position_, after);
  if (after < position_) {
    if (recent_.empty() || recent_.front()->sequence > after + 1) return std::nullopt;
    auto event = std::upper_bound(
        recent_.begin(), recent_.end(), after,
        [](int64_t sequence, const EventPtr& event) { return sequence < event->sequence; });
    for (; event != recent_.end(); ++event) {
      if (!filter->Matches(**event)) continue;
      if (joined.events.size() == max_events) return std::nullopt;
      joined.events.push_back(*event);
    }
  }
  subscribers_[filter] = std::move(subscriber);
  index_.Add(filter);
  return joined;
}

void StatusHub::Leave(const EventFilter* filter) {
  absl::MutexLock lock(&mutex_);
  if (subscribers_.erase(filter) > 0) index_.Remove(filter);
}

void StatusHub::OnEvents(int64_t last_sequence) {
  {
    absl::MutexLock lock(&mutex_);
    durable_ = std::max(durable_, last_sequence);
  }
  CatchUp();
}

void StatusHub::OnHealth(const absl::Status& health) {
  // A read that failed meanwhile is made up for.
  if (health.ok()) CatchUp();
}

void StatusHub::CatchUp() {
  int64_t after;
  {
    absl::MutexLock lock(&mutex_);
    if (reading_ || stopping_ || position_ >= durable_) return;
    reading_ = true;
    after = position_;
  }
  ReadOn(after);
}

void StatusHub::ReadOn(int64_t after) {
  store_.ReadEvents(after, kBatchEvents, [this](absl::StatusOr<storage::EventBatch> batch) {
    OnBatch(std::move(batch));
  });
}

void StatusHub::OnBatch(absl::StatusOr<storage::EventBatch> batch) {
  // What each subscriber gets, collected under the lock and handed over outside it. The order
  // holds, for the next batch is read only after this one is handed over.
  std::vector<std::pair<std::shared_ptr<EventSubscriber>, std::vector<EventPtr>>> deliveries;
  int64_t position = 0;
  bool go_on = batch.ok();
  if (absl::IsOutOfRange(batch.status())) {
    // The window reaches back to before the log's beginning. Those who joined meanwhile read for
    // themselves up to where it starts now.
    go_on = SkipToStart();
  } else if (!batch.ok()) {
    // Nothing is lost: the next event, or the next watcher that reads for itself, tries again.
    LogWarning("event log not readable", {{"error", batch.status().ToString()}});
  } else {
    absl::MutexLock lock(&mutex_);
    Append(batch->events, batch->last_sequence);
    position = position_;
    absl::flat_hash_map<const EventFilter*, std::vector<EventPtr>> by_filter;
    for (const EventPtr& event : batch->events) {
      index_.ForEachMatch(*event,
                          [&](const EventFilter* filter) { by_filter[filter].push_back(event); });
    }
    for (auto& [filter, events] : by_filter) {
      if (auto subscriber = subscribers_[filter].lock()) {
        deliveries.emplace_back(std::move(subscriber), std::move(events));
      }
    }
  }
  for (auto& [subscriber, events] : deliveries) subscriber->OnEvents(std::move(events), position);
  deliveries.clear();
  if (position > 0) handed_out_.store(position);
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || !go_on || position_ >= durable_) {
      reading_ = false;
      return;
    }
    position = position_;
  }
  ReadOn(position);
}

bool StatusHub::SkipToStart() {
  std::vector<std::weak_ptr<EventSubscriber>> dropped;
  {
    absl::MutexLock lock(&mutex_);
    if (position_ >= start_) return false;
    position_ = start_;
    for (const auto& [filter, subscriber] : subscribers_) {
      index_.Remove(filter);
      dropped.push_back(subscriber);
    }
    subscribers_.clear();
  }
  for (const std::weak_ptr<EventSubscriber>& weak : dropped) {
    if (const auto subscriber = weak.lock()) subscriber->OnDropped();
  }
  return true;
}

void StatusHub::Append(const std::vector<EventPtr>& events, int64_t position) {
  recent_.insert(recent_.end(), events.begin(), events.end());
  while (recent_.size() > window_) recent_.pop_front();
  position_ = std::max(position_, position);
}

}  // namespace mailstrom::server
