#include "delivery/recipient_transition.h"

#include <utility>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using storage::FailureCause;
using storage::Recipient;
using storage::RecipientState;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

TransitionContext Context() {
  TransitionContext context;
  context.retry.jitter = 0.1;
  context.expire_time = kNow + absl::Hours(120);
  context.now = kNow;
  return context;
}

Recipient Queued() {
  Recipient recipient;
  recipient.address = "ann@example.com";
  recipient.next_attempt_time = kNow;
  return recipient;
}

storage::Attempt Try(const std::string& host) {
  storage::Attempt attempt;
  attempt.mx_host = host;
  return attempt;
}

Verdict Deferral() { return {.kind = Verdict::Kind::kDeferred}; }

TEST(RecipientTransitionTest, DeliveredIsFinal) {
  const Recipient after =
      AfterAttempt(Queued(), {.kind = Verdict::Kind::kDelivered}, Try("mx"), Context());
  EXPECT_EQ(after.state, RecipientState::kDelivered);
  EXPECT_EQ(after.attempt_count, 1);
  ASSERT_TRUE(after.last_attempt.has_value());
  EXPECT_EQ(after.last_attempt->mx_host, "mx");
  EXPECT_EQ(after.failure_cause, FailureCause::kNone);
  EXPECT_EQ(after.address, "ann@example.com");
}

TEST(RecipientTransitionTest, FailureKeepsItsCause) {
  const Verdict verdict = {.kind = Verdict::Kind::kFailed, .cause = FailureCause::kBadDomain};
  const Recipient after = AfterAttempt(Queued(), verdict, Try(""), Context());
  EXPECT_EQ(after.state, RecipientState::kFailed);
  EXPECT_EQ(after.failure_cause, FailureCause::kBadDomain);
}

TEST(RecipientTransitionTest, FirstRetryIsNotEarly) {
  TransitionContext context = Context();
  EXPECT_EQ(AfterAttempt(Queued(), Deferral(), Try("mx"), context).next_attempt_time,
            kNow + absl::Minutes(5));
  context.draw = 0.999;
  EXPECT_GT(AfterAttempt(Queued(), Deferral(), Try("mx"), context).next_attempt_time,
            kNow + absl::Minutes(5));
}

TEST(RecipientTransitionTest, ServerMayAskForMorePatience) {
  Verdict verdict = Deferral();
  verdict.patience = absl::Minutes(20);
  EXPECT_EQ(AfterAttempt(Queued(), verdict, Try("mx"), Context()).next_attempt_time,
            kNow + absl::Minutes(20));
  verdict.patience = absl::Minutes(1);
  EXPECT_EQ(AfterAttempt(Queued(), verdict, Try("mx"), Context()).next_attempt_time,
            kNow + absl::Minutes(5));
  verdict.patience = absl::Hours(1000);
  EXPECT_EQ(AfterAttempt(Queued(), verdict, Try("mx"), Context()).next_attempt_time,
            kNow + absl::Hours(4));
}

TEST(RecipientTransitionTest, RetriesAreUsedUpAfterTheLast) {
  TransitionContext context = Context();
  Recipient recipient = Queued();
  for (const int minutes : {5, 10, 20}) {
    recipient = AfterAttempt(std::move(recipient), Deferral(), Try("mx"), context);
    EXPECT_EQ(recipient.state, RecipientState::kDeferred);
    EXPECT_EQ(recipient.next_attempt_time, context.now + absl::Minutes(minutes));
    context.now = recipient.next_attempt_time;
  }
  recipient = AfterAttempt(std::move(recipient), Deferral(), Try("last"), context);
  EXPECT_EQ(recipient.state, RecipientState::kFailed);
  EXPECT_EQ(recipient.failure_cause, FailureCause::kExpired);
  EXPECT_EQ(recipient.attempt_count, 4);
  EXPECT_EQ(recipient.last_attempt->mx_host, "last");
}

TEST(RecipientTransitionTest, NoRetriesMeansOneAttempt) {
  TransitionContext context = Context();
  context.retry.max_retries = 0;
  EXPECT_EQ(AfterAttempt(Queued(), Deferral(), Try("mx"), context).state, RecipientState::kFailed);
}

TEST(RecipientTransitionTest, IsDueAtTheEndOfItsLifetimeAtTheLatest) {
  TransitionContext context = Context();
  context.expire_time = kNow + absl::Minutes(2);
  const Recipient after = AfterAttempt(Queued(), Deferral(), Try("mx"), context);
  EXPECT_EQ(after.state, RecipientState::kDeferred);
  EXPECT_EQ(after.next_attempt_time, context.expire_time);
}

TEST(RecipientTransitionTest, LifetimeOverDuringTheAttemptExpires) {
  TransitionContext context = Context();
  context.expire_time = kNow;
  const Recipient after = AfterAttempt(Queued(), Deferral(), Try("mx"), context);
  EXPECT_EQ(after.state, RecipientState::kFailed);
  EXPECT_EQ(after.failure_cause, FailureCause::kExpired);
}

TEST(RecipientTransitionTest, DeliveryAfterTheLifetimeStillCounts) {
  TransitionContext context = Context();
  context.expire_time = kNow - absl::Hours(1);
  EXPECT_EQ(AfterAttempt(Queued(), {.kind = Verdict::Kind::kDelivered}, Try("mx"), context).state,
            RecipientState::kDelivered);
}

TEST(RecipientTransitionTest, DoubtStays) {
  Verdict in_doubt = Deferral();
  in_doubt.in_doubt = true;
  Recipient recipient = AfterAttempt(Queued(), in_doubt, Try("mx"), Context());
  EXPECT_TRUE(recipient.in_doubt);
  EXPECT_EQ(recipient.state, RecipientState::kDeferred);
  recipient =
      AfterAttempt(std::move(recipient), {.kind = Verdict::Kind::kDelivered}, Try("mx"), Context());
  EXPECT_TRUE(recipient.in_doubt);
  EXPECT_EQ(recipient.state, RecipientState::kDelivered);
}

TEST(RecipientTransitionTest, HeldMailHasNoAttemptOfItsOwn) {
  storage::Attempt attempt;
  attempt.description = "why";
  const absl::Time due = absl::UnixEpoch() + absl::Hours(3);
  const Recipient after = Held(Recipient(), attempt, due);
  EXPECT_EQ(after.state, RecipientState::kDeferred);
  EXPECT_EQ(after.attempt_count, 0);
  EXPECT_EQ(after.next_attempt_time, due);
  EXPECT_EQ(after.last_attempt->description, "why");
}

TEST(RecipientTransitionTest, ExpiryKeepsTheLastAttempt) {
  Recipient recipient = AfterAttempt(Queued(), Deferral(), Try("mx"), Context());
  recipient = Expired(std::move(recipient));
  EXPECT_EQ(recipient.state, RecipientState::kFailed);
  EXPECT_EQ(recipient.failure_cause, FailureCause::kExpired);
  EXPECT_EQ(recipient.attempt_count, 1);
  EXPECT_EQ(recipient.last_attempt->mx_host, "mx");
}

TEST(RecipientTransitionDeathTest, NeverLeavesAFinalState) {
  for (const RecipientState state : {RecipientState::kDelivered, RecipientState::kFailed}) {
    Recipient recipient = Queued();
    recipient.state = state;
    EXPECT_DEATH(AfterAttempt(recipient, Deferral(), Try("mx"), Context()), "final state");
    EXPECT_DEATH(Expired(recipient), "final state");
  }
}

}  // namespace
}  // namespace mailstrom::delivery
