#ifndef MAILSTROM_BASE_ATOMIC_HISTOGRAM_H_
#define MAILSTROM_BASE_ATOMIC_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "absl/time/time.h"

namespace mailstrom {

// How often values of which size were seen. Any thread may observe and read at any time; nobody
// waits for anybody, so that even the busiest thread can afford it.
class AtomicHistogram {
 public:
  static constexpr size_t kMaxBounds = 24;

  // Upper ends of the buckets, growing, at most kMaxBounds; what is larger than all has a bucket of
  // its own.
  explicit AtomicHistogram(std::initializer_list<double> bounds);
  AtomicHistogram(const AtomicHistogram&) = delete;
  AtomicHistogram& operator=(const AtomicHistogram&) = delete;

  void Observe(double value);
  // In seconds. A negative one, which a clock that is set back makes, counts as none.
  void Observe(absl::Duration duration);

  struct Reading {
    std::vector<double> bounds;
    // Of each bucket by itself; one more than bounds.
    std::vector<int64_t> counts;
    double sum = 0;
  };
  // What is observed meanwhile may be in one of counts and sum and not yet in the other.
  Reading Read() const;

 private:
  const std::vector<double> bounds_;
  std::array<std::atomic<int64_t>, kMaxBounds + 1> counts_ = {};
  std::atomic<double> sum_ = 0;
};

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_ATOMIC_HISTOGRAM_H_
