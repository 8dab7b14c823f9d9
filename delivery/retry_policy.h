#ifndef MAILSTROM_DELIVERY_RETRY_POLICY_H_
#define MAILSTROM_DELIVERY_RETRY_POLICY_H_

#include "absl/time/time.h"
#include "storage/records.h"

namespace mailstrom::delivery {

// When to try again and when to give up.
struct RetryPolicy {
  // Retries after the first attempt; 0 means one attempt only.
  int max_retries = 3;
  // Delay before the first retry.
  absl::Duration initial_delay = absl::Minutes(5);
  // Factor by which the delay grows; at least 1.
  double multiplier = 2;
  // The delay stops growing here.
  absl::Duration max_delay = absl::Hours(4);
  // Each delay is lengthened by a random part of itself, up to this fraction; in [0, 1]. Never
  // shortened, so a retry is never early.
  double jitter = 0.1;
  // Recipients not settled this long after acceptance fail. Applied where an email is accepted.
  absl::Duration lifetime = absl::Hours(5 * 24);
};

// The policy with what is overridden of it.
RetryPolicy WithOverrides(RetryPolicy policy, const storage::RetryOverrides& overrides);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_RETRY_POLICY_H_
