#include "delivery/outcome_recorder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "delivery/attempt_record.h"
#include "delivery/bounce_class.h"
#include "delivery/recipient_transition.h"

namespace mailstrom::delivery {
namespace {

std::vector<storage::Claim> ClaimsOf(const std::vector<ParcelRecipient>& recipients) {
  std::vector<storage::Claim> claims;
  claims.reserve(recipients.size());
  for (const ParcelRecipient& recipient : recipients) claims.push_back(recipient.claimed.claim);
  return claims;
}

}  // namespace

OutcomeRecorder::OutcomeRecorder(const Clock& clock, RandomSource& random,
                                 std::shared_ptr<ClaimSettler> settler, DeliveryObserver* observer)
    : clock_(clock), random_(random), settler_(std::move(settler)), observer_(observer) {}

OutcomeRecorder::Unheard OutcomeRecorder::RecordResult(const Parcel& parcel, AttemptResult result,
                                                       bool overdue) {
  std::vector<storage::Outcome> outcomes;
  std::vector<ParcelRecipient> unsettled;
  Unheard unheard;
  for (size_t i = 0; i < parcel.recipients.size(); ++i) {
    AttemptOutcome& outcome = result.recipients[i];
    if (!outcome.settled && !overdue) {
      unsettled.push_back(parcel.recipients[i]);
      continue;
    }
    if (!outcome.settled) {
      // Whatever stood in the way so far, it was not the last word.
      outcome.verdict = JudgeCutOff();
      outcome.record.description =
          Describe(outcome.verdict, absl::StrCat("cut off because it took too long; before that: ",
                                                 outcome.record.description));
    }
    if (outcome.verdict.untouched) {
      unheard.recipients.push_back(parcel.recipients[i]);
      unheard.refusal = std::move(outcome.record);
      continue;
    }
    outcomes.push_back(After(*parcel.email, parcel.recipients[i].claimed, outcome.verdict,
                             std::move(outcome.record), parcel.site.policy->retry));
    outcomes.back().dialogue = result.dialogue;
  }
  if (overdue) {
    LogWarning("attempt cut off because it took too long",
               {{"email_id", parcel.email->email_id}, {"site", parcel.site.key}});
  }
  if (!outcomes.empty()) settler_->Record(std::move(outcomes));
  if (!unsettled.empty()) Release(unsettled, *parcel.email, clock_.Now());
  return unheard;
}

void OutcomeRecorder::RecordAll(const storage::EmailRecord& email,
                                std::vector<storage::ClaimedRecipient> recipients,
                                const Verdict& verdict, storage::Attempt attempt,
                                const RetryPolicy& retry) {
  attempt.start_time = attempt.end_time = clock_.Now();
  std::vector<storage::Outcome> outcomes;
  for (storage::ClaimedRecipient& recipient : recipients) {
    outcomes.push_back(After(email, std::move(recipient), verdict, attempt, retry));
  }
  settler_->Record(std::move(outcomes));
}

void OutcomeRecorder::Hold(const storage::EmailRecord& email,
                           const std::vector<ParcelRecipient>& recipients, storage::Attempt met,
                           absl::Time due_time) {
  const absl::Time now = clock_.Now();
  due_time = std::min(due_time, email.expire_time);
  met.bounce_class = ClassifyBounce(met);
  std::vector<storage::Outcome> outcomes;
  std::vector<ParcelRecipient> told;
  for (const ParcelRecipient& recipient : recipients) {
    if (recipient.claimed.recipient.last_attempt) {
      told.push_back(recipient);
      continue;
    }
    outcomes.push_back(
        {recipient.claimed.claim, Held(recipient.claimed.recipient, met, due_time), now});
  }
  if (!outcomes.empty()) settler_->Record(std::move(outcomes));
  if (!told.empty()) Release(told, email, due_time);
}

storage::Outcome OutcomeRecorder::After(const storage::EmailRecord& email,
                                        storage::ClaimedRecipient claimed, const Verdict& verdict,
                                        storage::Attempt attempt, const RetryPolicy& retry) {
  TransitionContext transition;
  transition.retry = WithOverrides(retry, email.retry);
  transition.expire_time = email.expire_time;
  transition.now = clock_.Now();
  transition.draw = random_.NextUnit();
  attempt.bounce_class = verdict.kind == Verdict::Kind::kDelivered ? storage::BounceClass::kNone
                                                                   : ClassifyBounce(attempt);
  storage::Outcome outcome;
  outcome.claim = std::move(claimed.claim);
  outcome.after =
      AfterAttempt(std::move(claimed.recipient), verdict, std::move(attempt), transition);
  outcome.event_time = transition.now;
  if (observer_ != nullptr) {
    observer_->OnAttempt(email, outcome.after, verdict.in_doubt, transition.now);
  }
  return outcome;
}

void OutcomeRecorder::Expire(std::vector<storage::ClaimedRecipient> recipients) {
  const absl::Time now = clock_.Now();
  std::vector<storage::Outcome> outcomes;
  for (storage::ClaimedRecipient& recipient : recipients) {
    outcomes.push_back({std::move(recipient.claim), Expired(std::move(recipient.recipient)), now});
    if (observer_ != nullptr) observer_->OnExpired(outcomes.back().after);
  }
  settler_->Record(std::move(outcomes));
}

void OutcomeRecorder::HoldBack(const std::vector<ParcelRecipient>& recipients,
                               const storage::EmailRecord& email, absl::Time due_time) {
  settler_->Hold(ClaimsOf(recipients), std::min(due_time, email.expire_time));
}

void OutcomeRecorder::Release(const std::vector<ParcelRecipient>& recipients,
                              const storage::EmailRecord& email, absl::Time due_time) {
  settler_->Release(ClaimsOf(recipients), std::min(due_time, email.expire_time));
}

}  // namespace mailstrom::delivery
