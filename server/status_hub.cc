#include "server/status_hub.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace mailstrom::server {
namespace {

// Bounds the time for which one batch holds up the store's thread.
constexpr int kBatchEvents = 512;

}  // namespace

StatusHub::StatusHub(storage::Store& store, size_t window_bytes)
    : store_(store),
      window_bytes_(window_bytes),
      durable_(store.LastSequence()),
      position_(durable_) {
  store_.AddListener(this);
  // What came before the listener did.
  OnEvents(store_.LastSequence());
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
  if (batch.ok()) {
    HandOut(*batch);
  } else {
    LogWarning("event log not readable", {{"error", batch.status().ToString()}});
    Drop();
  }
  int64_t after;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || position_ >= durable_) {
      reading_ = false;
      return;
    }
    after = position_;
  }
  ReadOn(after);
}

void StatusHub::HandOut(const storage::EventBatch& batch) {
  // Collected under the lock and handed over outside it. The order holds, for the next batch is
  // read only after this one is handed over.
  std::vector<Delivery> deliveries;
  {
    absl::MutexLock lock(&mutex_);
    Append(batch);
    absl::flat_hash_map<const EventFilter*, std::vector<EventPtr>> by_filter;
    for (const EventPtr& event : batch.events) {
      index_.ForEachMatch(*event,
                          [&](const EventFilter* filter) { by_filter[filter].push_back(event); });
    }
    for (auto& [filter, events] : by_filter) {
      if (auto subscriber = subscribers_[filter].lock()) {
        deliveries.emplace_back(std::move(subscriber), std::move(events));
      }
    }
  }
  for (auto& [subscriber, events] : deliveries) {
    subscriber->OnEvents(std::move(events), batch.last_sequence);
  }
  handed_out_.store(batch.last_sequence);
}

void StatusHub::Drop() {
  std::vector<std::weak_ptr<EventSubscriber>> dropped;
  {
    absl::MutexLock lock(&mutex_);
    position_ = durable_;
    recent_.clear();
    recent_bytes_ = 0;
    for (const auto& [filter, subscriber] : subscribers_) {
      index_.Remove(filter);
      dropped.push_back(subscriber);
    }
    subscribers_.clear();
  }
  for (const std::weak_ptr<EventSubscriber>& weak : dropped) {
    if (const auto subscriber = weak.lock()) subscriber->OnDropped();
  }
}

void StatusHub::Append(const storage::EventBatch& batch) {
  for (const EventPtr& event : batch.events) {
    recent_.push_back(event);
    recent_bytes_ += MemoryBytes(*event);
  }
  while (recent_bytes_ > window_bytes_) {
    recent_bytes_ -= MemoryBytes(*recent_.front());
    recent_.pop_front();
  }
  position_ = batch.last_sequence;
}

}  // namespace mailstrom::server
