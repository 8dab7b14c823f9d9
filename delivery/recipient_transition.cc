#include "delivery/recipient_transition.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/log.h"
#include "delivery/backoff_policy.h"

namespace mailstrom::delivery {
namespace {

using storage::FailureCause;
using storage::Recipient;
using storage::RecipientState;

void CheckNotFinal(const Recipient& recipient) {
  if (!storage::IsFinal(recipient.state)) return;
  LogError("recipient would leave a final state",
           {{"state", static_cast<int>(recipient.state)}, {"revision", recipient.revision}});
  std::abort();
}

void Fail(Recipient& recipient, FailureCause cause) {
  recipient.state = RecipientState::kFailed;
  recipient.failure_cause = cause;
}

void Defer(Recipient& recipient, absl::Duration patience, const TransitionContext& context) {
  if (recipient.attempt_count > context.retry.max_retries || context.now >= context.expire_time) {
    Fail(recipient, FailureCause::kExpired);
    return;
  }
  recipient.state = RecipientState::kDeferred;
  // A stranger's wish counts only as far as the policy would wait anyway.
  const absl::Duration delay =
      std::max(RetryDelay(context.retry, recipient.attempt_count, context.draw),
               std::min(patience, LongestDelay(context.retry)));
  recipient.next_attempt_time = std::min(context.now + delay, context.expire_time);
}

}  // namespace

Recipient AfterAttempt(Recipient recipient, const Verdict& verdict, storage::Attempt attempt,
                       const TransitionContext& context) {
  CheckNotFinal(recipient);
  if (recipient.attempt_count < std::numeric_limits<int>::max()) ++recipient.attempt_count;
  recipient.last_attempt = std::move(attempt);
  recipient.in_doubt = recipient.in_doubt || verdict.in_doubt;
  switch (verdict.kind) {
    case Verdict::Kind::kDelivered:
      recipient.state = RecipientState::kDelivered;
      break;
    case Verdict::Kind::kFailed:
      Fail(recipient, verdict.cause);
      break;
    case Verdict::Kind::kDeferred:
      Defer(recipient, verdict.patience, context);
      break;
  }
  return recipient;
}

Recipient Held(Recipient recipient, storage::Attempt attempt, absl::Time due_time) {
  CheckNotFinal(recipient);
  recipient.state = RecipientState::kDeferred;
  recipient.last_attempt = std::move(attempt);
  recipient.next_attempt_time = due_time;
  return recipient;
}

Recipient Expired(Recipient recipient) {
  CheckNotFinal(recipient);
  Fail(recipient, FailureCause::kExpired);
  return recipient;
}

}  // namespace mailstrom::delivery
