#ifndef MAILSTROM_BENCH_LOAD_LOAD_METER_H_
#define MAILSTROM_BENCH_LOAD_LOAD_METER_H_

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/load/load_result.h"

namespace mailstrom::bench {

// Says which email goes next and when, and collects the answers. Thread-safe.
class LoadMeter {
 public:
  // Of `emails`, `rate` a second or, when 0, at once. Time starts to count.
  LoadMeter(int64_t emails, double rate)
      : emails_(emails), rate_(rate), start_(absl::Now()), cpu_start_(ProcessCpu()) {
    result_.latencies.reserve(static_cast<size_t>(emails));
  }

  // Takes the next email; false when all are taken.
  bool Take(int64_t& email) {
    absl::MutexLock lock(&mutex_);
    if (next_ == emails_) return false;
    email = next_++;
    return true;
  }

  // When `email` is to be sent; in the past without a rate.
  absl::Time DueTime(int64_t email) const {
    if (rate_ <= 0) return absl::InfinitePast();
    return start_ + absl::Seconds(static_cast<double>(email) / rate_);
  }

  // `from`: when it was due, or sent.
  void Accepted(absl::Time from) {
    const absl::Time now = absl::Now();
    absl::MutexLock lock(&mutex_);
    result_.latencies.push_back(now - from);
    Answered(now);
  }

  void Failed(std::string error) {
    absl::MutexLock lock(&mutex_);
    if (result_.failed++ == 0) result_.first_error = std::move(error);
    Answered(absl::Now());
  }

  // Waits until all emails are answered.
  LoadResult Wait() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](LoadMeter* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
          return self->answered_ == self->emails_;
        },
        this));
    result_.elapsed = last_ - start_;
    result_.cpu = ProcessCpu() - cpu_start_;
    return result_;
  }

 private:
  void Answered(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    last_ = now;
    ++answered_;
  }

  const int64_t emails_;
  const double rate_;
  const absl::Time start_;
  const absl::Duration cpu_start_;
  absl::Mutex mutex_;
  int64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_ ABSL_GUARDED_BY(mutex_);
  LoadResult result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::bench

#endif  // MAILSTROM_BENCH_LOAD_LOAD_METER_H_
