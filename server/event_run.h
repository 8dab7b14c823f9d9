#ifndef MAILSTROM_SERVER_EVENT_RUN_H_
#define MAILSTROM_SERVER_EVENT_RUN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/event_filter.h"
#include "storage/store.h"

namespace mailstrom::server {

// A piece of the event log that any number of watchers look through, each at the cost of what it
// finds: events are sorted by email and by tag once for all. Immutable.
class EventRun {
 public:
  struct Found {
    // In the order of the log.
    std::vector<EventPtr> events;
    // Everything up to here has been looked at.
    int64_t position = 0;
  };

  explicit EventRun(storage::EventBatch batch);

  // The first `max_events` (at least 1) events after `after` that `filter` wants.
  Found Find(const EventFilter& filter, int64_t after, size_t max_events) const;

  // What follows it is not in here.
  int64_t last_sequence() const { return last_sequence_; }
  // Roughly what it takes in memory.
  size_t size_bytes() const { return size_bytes_; }

 private:
  // Indexes in `events_`.
  using Places = std::vector<size_t>;
  struct Tag {
    absl::string_view key;
    absl::string_view value;
    size_t place;
  };

  // Sorted; holds each event that `filter` wants, and others.
  Places Candidates(const EventFilter& filter) const;
  Places OfEmails(const EventFilter& filter) const;
  Places WithTag(absl::string_view key, absl::string_view value) const;

  const std::vector<EventPtr> events_;
  const int64_t last_sequence_;
  size_t size_bytes_ = sizeof(EventRun);
  // Sorted by email.
  Places by_email_;
  // Sorted by key, value and place. The text is the events'.
  std::vector<Tag> by_tag_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_EVENT_RUN_H_
