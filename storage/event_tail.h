#ifndef MAILSTROM_STORAGE_EVENT_TAIL_H_
#define MAILSTROM_STORAGE_EVENT_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/records.h"

namespace mailstrom::storage {

// The newest events in memory, so that all who follow the log closely share one copy and leave the
// disk alone. Thread-safe.
class EventTail {
 public:
  // Keeps at most `capacity` events.
  explicit EventTail(size_t capacity) : capacity_(capacity) {}

  // `events` continue the log.
  void Append(const std::vector<std::shared_ptr<const Event>>& events);

  // Up to `max` events that follow `after`. Nothing when the first of them is not kept (any more).
  std::optional<std::vector<std::shared_ptr<const Event>>> Read(int64_t after, int max) const;

 private:
  const size_t capacity_;

  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<const Event>> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_EVENT_TAIL_H_
