#ifndef MAILSTROM_SERVER_ATTEMPT_LIMITER_H_
#define MAILSTROM_SERVER_ATTEMPT_LIMITER_H_

#include <cstddef>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace mailstrom::server {

// Counts failed attempts to get in and tells who made too many of them: `burst` at once, then one
// each `interval`. Its memory is bounded: when it knows `max_sources`, those that it does not know
// share one count. Thread-safe.
class AttemptLimiter {
 public:
  struct Options {
    int burst = 10;
    absl::Duration interval = absl::Seconds(6);
    size_t max_sources = 10000;
  };

  explicit AttemptLimiter(Options options) : options_(options) {}

  // Whether `source` has to wait before it may try again. `may_be_of_others`: while it is not
  // known, the failures of all others that are not count as its own.
  bool IsBlocked(const std::string& source, absl::Time now, bool may_be_of_others = true) const;
  void CountFailure(const std::string& source, absl::Time now);

  // Sources that are remembered.
  size_t size() const;

 private:
  const Options options_;

  mutable absl::Mutex mutex_;
  // When each source's failures are all forgiven.
  absl::flat_hash_map<std::string, absl::Time> forgiven_at_ ABSL_GUARDED_BY(mutex_);
  absl::Time others_forgiven_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // Before this no source can have become forgettable since the last look.
  absl::Time next_sweep_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ATTEMPT_LIMITER_H_
