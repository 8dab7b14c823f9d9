#include "storage/event_tail.h"

#include <algorithm>

namespace mailstrom::storage {

void EventTail::Append(const std::vector<std::shared_ptr<const Event>>& events) {
  absl::MutexLock lock(&mutex_);
  events_.insert(events_.end(), events.begin(), events.end());
  while (events_.size() > capacity_) events_.pop_front();
}

std::optional<std::vector<std::shared_ptr<const Event>>> EventTail::Read(int64_t after,
                                                                         int max) const {
  absl::MutexLock lock(&mutex_);
  if (events_.empty() || after + 1 < events_.front()->sequence) return std::nullopt;
  const int64_t skip = after + 1 - events_.front()->sequence;
  const int64_t size = static_cast<int64_t>(events_.size());
  if (skip >= size) return std::nullopt;
  const auto begin = events_.begin() + skip;
  return std::vector<std::shared_ptr<const Event>>(begin,
                                                   begin + std::min<int64_t>(max, size - skip));
}

}  // namespace mailstrom::storage
