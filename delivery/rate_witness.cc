#include "delivery/rate_witness.h"

#include <algorithm>

namespace mailstrom::delivery {

void RateWitness::Saw(absl::Time now) {
  while (!seen_.empty() && seen_.front() <= now - stretch_) seen_.pop_front();
  seen_.push_back(now);
  most_ = std::max(most_, static_cast<int>(seen_.size()));
}

}  // namespace mailstrom::delivery
