#include "delivery/token_bucket.h"

#include <algorithm>

namespace mailstrom::delivery {

void TokenBucket::SetRate(double per_second) { per_second_ = std::max(per_second, 0.0); }

absl::Time TokenBucket::NextAvailable() const {
  if (per_second_ <= 0) return absl::InfinitePast();
  // The bucket holds a second's worth, and at least one token; one must be in it.
  const double capacity = std::max(per_second_, 1.0);
  return full_at_ - absl::Seconds((capacity - 1) / per_second_);
}

void TokenBucket::Spend(double amount, absl::Time now) {
  if (per_second_ <= 0) return;
  full_at_ = std::max(full_at_, now) + absl::Seconds(amount / per_second_);
}

}  // namespace mailstrom::delivery
