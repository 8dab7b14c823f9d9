#include "base/atomic_histogram.h"

#include <algorithm>

namespace mailstrom {

AtomicHistogram::AtomicHistogram(std::initializer_list<double> bounds)
    : bounds_(bounds.begin(), bounds.begin() + std::min(bounds.size(), kMaxBounds)) {}

void AtomicHistogram::Observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

void AtomicHistogram::Observe(absl::Duration duration) {
  Observe(std::max(absl::ToDoubleSeconds(duration), 0.0));
}

AtomicHistogram::Reading AtomicHistogram::Read() const {
  Reading reading{bounds_, {}, sum_.load(std::memory_order_relaxed)};
  for (size_t i = 0; i <= bounds_.size(); ++i) {
    reading.counts.push_back(counts_[i].load(std::memory_order_relaxed));
  }
  return reading;
}

}  // namespace mailstrom
