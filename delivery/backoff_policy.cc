#include "delivery/backoff_policy.h"

#include <algorithm>
#include <cmath>

namespace mailstrom::delivery {
namespace {

constexpr absl::Duration kShortest = absl::Milliseconds(100);
// Far beyond any lifetime, and still safe to add to any time of this era.
constexpr absl::Duration kLongest = absl::Hours(24 * 365);

}  // namespace

absl::Duration LongestDelay(const RetryPolicy& policy) {
  return std::clamp(policy.max_delay, kShortest, kLongest);
}

absl::Duration RetryDelay(const RetryPolicy& policy, int retry, double draw) {
  const absl::Duration longest = LongestDelay(policy);
  const absl::Duration initial = std::clamp(policy.initial_delay, kShortest, longest);
  // Growth stops before the product can overflow: beyond longest/initial the cap rules anyway.
  const double growth = std::pow(std::max(policy.multiplier, 1.0), std::max(retry, 1) - 1);
  const double most = absl::FDivDuration(longest, initial);
  const absl::Duration delay = growth < most ? initial * growth : longest;
  return delay * (1.0 + std::clamp(policy.jitter, 0.0, 1.0) * std::clamp(draw, 0.0, 1.0));
}

}  // namespace mailstrom::delivery
