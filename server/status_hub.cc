#include "server/status_hub.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace mailstrom::server {
namespace {

// Bounds the time for which one batch holds up the store's thread.
constexpr int kBatchEvents = 512;

}  // namespace

bool EventFilter::Matches(const storage::Event& event) const {
  return (email_ids.empty() || email_ids.contains(event.email_id)) && MatchesTags(event.tags);
}

bool EventFilter::MatchesTags(const std::map<std::string, std::string>& email_tags) const {
  for (const auto& [key, value] : tags) {
    const auto found = email_tags.find(key);
    if (found == email_tags.end() || found->second != value) return false;
  }
  return true;
}

StatusHub::StatusHub(storage::Store& store, size_t window)
    : store_(store), window_(window), durable_(store.LastSequence()), position_(durable_) {
  store_.AddListener(this);
}

StatusHub::~StatusHub() {
  store_.RemoveListener(this);
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  mutex_.Await(absl::Condition(+[](bool* reading) { return !*reading; }, &reading_));
}

std::optional<StatusHub::Joined> StatusHub::Join(std::weak_ptr<EventSubscriber> subscriber,
                                                 const EventFilter* filter, int64_t after) {
  absl::MutexLock lock(&mutex_);
  Joined joined;
  joined.position = std::max(position_, after);
  if (after < position_) {
    if (recent_.empty() || recent_.front()->sequence > after + 1) return std::nullopt;
    for (const EventPtr& event : recent_) {
      if (event->sequence > after && filter->Matches(*event)) joined.events.push_back(event);
    }
  }
  subscriptions_[filter] = {std::move(subscriber), filter};
  for (const std::string& email_id : filter->email_ids) by_email_[email_id].push_back(filter);
  if (filter->email_ids.empty()) broad_.insert(filter);
  return joined;
}

void StatusHub::Leave(const EventFilter* filter) {
  absl::MutexLock lock(&mutex_);
  if (subscriptions_.erase(filter) == 0) return;
  broad_.erase(filter);
  for (const std::string& email_id : filter->email_ids) {
    const auto found = by_email_.find(email_id);
    if (found == by_email_.end()) continue;
    found->second.erase(std::remove(found->second.begin(), found->second.end(), filter),
                        found->second.end());
    if (found->second.empty()) by_email_.erase(found);
  }
}

void StatusHub::OnEvents(int64_t last_sequence) {
  int64_t after;
  {
    absl::MutexLock lock(&mutex_);
    durable_ = std::max(durable_, last_sequence);
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
  if (!batch.ok()) {
    // Nothing is lost: the next event, or the next watcher that reads for itself, tries again.
    LogWarning("event log not readable", {{"error", batch.status().ToString()}});
  } else {
    absl::MutexLock lock(&mutex_);
    Append(batch->events, batch->last_sequence);
    position = position_;
    absl::flat_hash_map<const EventFilter*, std::vector<EventPtr>> by_filter;
    for (const EventPtr& event : batch->events) {
      if (const auto found = by_email_.find(event->email_id); found != by_email_.end()) {
        for (const EventFilter* filter : found->second) {
          if (filter->Matches(*event)) by_filter[filter].push_back(event);
        }
      }
      for (const EventFilter* filter : broad_) {
        if (filter->Matches(*event)) by_filter[filter].push_back(event);
      }
    }
    for (auto& [filter, events] : by_filter) {
      if (auto subscriber = subscriptions_[filter].subscriber.lock()) {
        deliveries.emplace_back(std::move(subscriber), std::move(events));
      }
    }
  }
  for (auto& [subscriber, events] : deliveries) subscriber->OnEvents(std::move(events), position);
  deliveries.clear();
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || !batch.ok() || position_ >= durable_) {
      reading_ = false;
      return;
    }
    position = position_;
  }
  ReadOn(position);
}

void StatusHub::Append(const std::vector<EventPtr>& events, int64_t position) {
  recent_.insert(recent_.end(), events.begin(), events.end());
  while (recent_.size() > window_) recent_.pop_front();
  position_ = std::max(position_, position);
}

}  // namespace mailstrom::server
