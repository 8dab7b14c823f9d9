#ifndef MAILSTROM_DELIVERY_BACKOFF_POLICY_H_
#define MAILSTROM_DELIVERY_BACKOFF_POLICY_H_

#include "absl/time/time.h"
#include "delivery/retry_policy.h"

namespace mailstrom::delivery {

// How long to wait before retry number `retry` (1 is the first): initial_delay × multiplier^(retry
// − 1), at most max_delay, lengthened by `draw` × jitter of itself. `draw` is in [0, 1]. Finite
// whatever the policy says, and never below 100 ms, so that nothing retries in a hot loop.
absl::Duration RetryDelay(const RetryPolicy& policy, int retry, double draw);

// The policy's max_delay, made sane: finite and at least 100 ms.
absl::Duration LongestDelay(const RetryPolicy& policy);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_BACKOFF_POLICY_H_
