#include "storage/memory_queue.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "storage/ordered_bytes.h"
#include "storage/queue_match.h"
#include "storage/schema.h"

namespace mailstrom::storage {
namespace {

// Recipients looked at for one page.
constexpr int kMaxVisited = 10000;

}  // namespace

void MemoryQueue::Add(const QueuePlace& place) {
  all_.insert(place);
  unclaimed_.insert(place);
}

void MemoryQueue::Remove(const QueuePlace& place) {
  all_.erase(place);
  unclaimed_.erase(place);
}

std::optional<QueuePlace> MemoryQueue::Claim(absl::Time now) {
  if (NextDue() > now || unclaimed_.empty()) return std::nullopt;
  return unclaimed_.extract(unclaimed_.begin()).value();
}

void MemoryQueue::Unclaim(const QueuePlace& place) { unclaimed_.insert(place); }

absl::Time MemoryQueue::NextDue() const {
  return unclaimed_.empty() ? absl::InfiniteFuture() : unclaimed_.begin()->due_time;
}

absl::StatusOr<QueuePage> MemoryQueue::List(const QueueQuery& query, Lookup lookup) const {
  if (query.page_size < 1) return absl::InvalidArgumentError("a page has at least one recipient");
  auto place = all_.begin();
  if (!query.after.empty()) {
    const absl::StatusOr<DueKey> after = DecodeDueKey(query.after);
    if (!after.ok()) return absl::InvalidArgumentError("no place in the queue");
    place =
        all_.upper_bound({FromNanos(after->due_nanos), after->email_id, after->recipient_index});
  }
  QueuePage page;
  for (int visited = 0; place != all_.end(); ++place, ++visited) {
    const Entry entry = lookup(*place);
    if (Matches(query, *entry.record, entry.recipient)) {
      page.recipients.push_back({entry.record, place->recipient_index, entry.recipient});
    }
    if (visited + 1 < kMaxVisited && static_cast<int>(page.recipients.size()) < query.page_size) {
      continue;
    }
    page.next = EncodeDueKey({ToNanos(place->due_time), place->email_id, place->recipient_index});
    break;
  }
  return page;
}

QueueSummary MemoryQueue::Summarize(int max_domains, Lookup lookup) const {
  QueueCounter counter;
  for (const QueuePlace& place : all_) {
    const Entry entry = lookup(place);
    counter.Count(*entry.record, entry.recipient);
  }
  return counter.Finish(static_cast<size_t>(std::max(max_domains, 0)));
}

}  // namespace mailstrom::storage
