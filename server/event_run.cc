#include "server/event_run.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace mailstrom::server {

EventRun::EventRun(storage::EventBatch batch)
    : events_(std::move(batch.events)),
      last_sequence_(batch.last_sequence),
      by_email_(events_.size()) {
  for (size_t place = 0; place < events_.size(); ++place) {
    for (const auto& [key, value] : events_[place]->tags) by_tag_.push_back({key, value, place});
    size_bytes_ += MemoryBytes(*events_[place]);
  }
  std::sort(by_tag_.begin(), by_tag_.end(), [](const Tag& a, const Tag& b) {
    return std::tie(a.key, a.value, a.place) < std::tie(b.key, b.value, b.place);
  });
  std::iota(by_email_.begin(), by_email_.end(), 0);
  std::sort(by_email_.begin(), by_email_.end(),
            [this](size_t a, size_t b) { return events_[a]->email_id < events_[b]->email_id; });
  size_bytes_ += events_.size() * (sizeof(EventPtr) + sizeof(size_t));
  size_bytes_ += by_tag_.size() * sizeof(Tag);
}

EventRun::Found EventRun::Find(const EventFilter& filter, int64_t after, size_t max_events) const {
  Found found;
  found.position = std::max(after, last_sequence_);
  for (const size_t place : Candidates(filter)) {
    const EventPtr& event = events_[place];
    if (event->sequence <= after || !filter.Matches(*event)) continue;
    if (found.events.size() == max_events) {
      found.position = found.events.back()->sequence;
      break;
    }
    found.events.push_back(event);
  }
  return found;
}

EventRun::Places EventRun::Candidates(const EventFilter& filter) const {
  // Looking up many emails costs more than looking at each event.
  if (!filter.email_ids.empty() && filter.email_ids.size() * 8 < events_.size()) {
    return OfEmails(filter);
  }
  if (filter.email_ids.empty() && !filter.tags.empty()) {
    const auto& [key, value] = *filter.tags.begin();
    return WithTag(key, value);
  }
  Places all(events_.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

EventRun::Places EventRun::OfEmails(const EventFilter& filter) const {
  Places places;
  for (const std::string& email_id : filter.email_ids) {
    auto place = std::lower_bound(
        by_email_.begin(), by_email_.end(), email_id,
        [this](size_t place, const std::string& id) { return events_[place]->email_id < id; });
    for (; place != by_email_.end() && events_[*place]->email_id == email_id; ++place) {
      places.push_back(*place);
    }
  }
  std::sort(places.begin(), places.end());
  return places;
}

EventRun::Places EventRun::WithTag(absl::string_view key, absl::string_view value) const {
  Places places;
  auto tag = std::lower_bound(
      by_tag_.begin(), by_tag_.end(), std::tie(key, value),
      [](const Tag& tag, const auto& wanted) { return std::tie(tag.key, tag.value) < wanted; });
  for (; tag != by_tag_.end() && tag->key == key && tag->value == value; ++tag) {
    places.push_back(tag->place);
  }
  return places;
}

}  // namespace mailstrom::server
