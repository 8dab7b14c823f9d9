#include "delivery/retry_policy.h"

namespace mailstrom::delivery {

RetryPolicy WithOverrides(RetryPolicy policy, const storage::RetryOverrides& overrides) {
  policy.max_retries = overrides.max_retries.value_or(policy.max_retries);
  policy.initial_delay = overrides.initial_delay.value_or(policy.initial_delay);
  policy.max_delay = overrides.max_delay.value_or(policy.max_delay);
  policy.multiplier = overrides.multiplier.value_or(policy.multiplier);
  return policy;
}

}  // namespace mailstrom::delivery
