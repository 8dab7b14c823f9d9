#ifndef MAILSTROM_STORAGE_CANCELLED_EMAILS_H_
#define MAILSTROM_STORAGE_CANCELLED_EMAILS_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace mailstrom::storage {

// Emails that are cancelled and wait for an attempt under way, and since when: what the family
// `cancelled` holds, in memory. Few at any time. Thread-safe.
class CancelledEmails {
 public:
  using Map = absl::flat_hash_map<std::string, absl::Time>;

  // Nothing: not cancelled.
  std::optional<absl::Time> TimeOf(const std::string& email_id) const {
    absl::MutexLock lock(&mutex_);
    const auto found = times_.find(email_id);
    if (found == times_.end()) return std::nullopt;
    return found->second;
  }
  void Add(const std::string& email_id, absl::Time time) {
    absl::MutexLock lock(&mutex_);
    times_.emplace(email_id, time);
  }
  void Remove(const std::string& email_id) {
    absl::MutexLock lock(&mutex_);
    times_.erase(email_id);
  }
  void Reset(Map times) {
    absl::MutexLock lock(&mutex_);
    times_ = std::move(times);
  }

 private:
  mutable absl::Mutex mutex_;
  Map times_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_CANCELLED_EMAILS_H_
