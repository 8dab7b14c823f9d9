#ifndef MAILSTROM_DELIVERY_RECIPIENT_TRANSITION_H_
#define MAILSTROM_DELIVERY_RECIPIENT_TRANSITION_H_

// How a recipient's state moves on. Pure; the only place where it does.

#include "absl/time/time.h"
#include "delivery/reply_policy.h"
#include "delivery/retry_policy.h"
#include "storage/records.h"

namespace mailstrom::delivery {

// What a transition takes into account besides the attempt.
struct TransitionContext {
  // The server's policy; the email's overrides are applied to it already.
  RetryPolicy retry;
  absl::Time expire_time;
  absl::Time now;
  // In [0, 1), for the jitter.
  double draw = 0;
};

// `recipient` after `attempt`, which ended with `verdict`. A deferral becomes kFailed with kExpired
// when the retries are used up or the lifetime is over; otherwise the next attempt is due after the
// policy's delay, or when the server asked for, up to the policy's longest delay, and at
// expire_time at the latest. `recipient` must not be in a final state: the
// process aborts, because going on would break a promise.
storage::Recipient AfterAttempt(storage::Recipient recipient, const Verdict& verdict,
                                storage::Attempt attempt, const TransitionContext& context);

// `recipient`, which is not attempted before `due_time` because of what `attempt`, made for others,
// met: kDeferred, and no attempt of its own. The same condition on its state.
storage::Recipient Held(storage::Recipient recipient, storage::Attempt attempt,
                        absl::Time due_time);

// `recipient`, found due at or after its email's expire_time: kFailed with kExpired and the last
// attempt as it was. The same condition on its state.
storage::Recipient Expired(storage::Recipient recipient);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_RECIPIENT_TRANSITION_H_
