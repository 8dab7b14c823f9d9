#ifndef MAILSTROM_DELIVERY_RATE_WITNESS_H_
#define MAILSTROM_DELIVERY_RATE_WITNESS_H_

#include <deque>

#include "absl/time/time.h"

namespace mailstrom::delivery {

// Sees whether things happen too often, for tests: counts those of every stretch of time.
class RateWitness {
 public:
  explicit RateWitness(absl::Duration stretch) : stretch_(stretch) {}

  // Something happened; `now` never goes back.
  void Saw(absl::Time now);

  // The most in any stretch so far.
  int most() const { return most_; }

 private:
  const absl::Duration stretch_;
  std::deque<absl::Time> seen_;
  int most_ = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_RATE_WITNESS_H_
