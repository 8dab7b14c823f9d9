#include "storage/transition.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

Email MakeEmail(const std::string& id, std::vector<RecipientState> states) {
  Email email;
  email.record.email_id = id;
  for (const RecipientState state : states) {
    email.recipients.emplace_back();
    email.recipients.back().state = state;
  }
  return email;
}

TEST(TransitionTest, OnlyQueuedEmailsWithAPlainIdAreAccepted) {
  struct Case {
    const char* name;
    Email email;
    absl::StatusCode want;
  };
  const RecipientState queued = RecipientState::kQueued;
  for (const Case& c : {
           Case{"plain", MakeEmail("01J", {queued, queued}), absl::StatusCode::kOk},
           Case{"longest id", MakeEmail(std::string(64, 'x'), {queued}), absl::StatusCode::kOk},
           Case{"id too long", MakeEmail(std::string(65, 'x'), {queued}),
                absl::StatusCode::kInvalidArgument},
           Case{"no id", MakeEmail("", {queued}), absl::StatusCode::kInvalidArgument},
           Case{"space in id", MakeEmail("a b", {queued}), absl::StatusCode::kInvalidArgument},
           Case{"NUL in id", MakeEmail(std::string("a\0b", 3), {queued}),
                absl::StatusCode::kInvalidArgument},
           Case{"no recipient", MakeEmail("a", {}), absl::StatusCode::kInvalidArgument},
           Case{"settled already", MakeEmail("a", {queued, RecipientState::kFailed}),
                absl::StatusCode::kInvalidArgument},
       }) {
    EXPECT_EQ(CheckNewEmail(c.email).code(), c.want) << c.name;
  }
}

Outcome MakeOutcome(const std::string& id, int index, RecipientState state) {
  Outcome outcome;
  outcome.claim.email_id = id;
  outcome.claim.recipient_index = index;
  outcome.after.state = state;
  return outcome;
}

TEST(TransitionTest, OutcomesAreEndedAttemptsOfDistinctRecipients) {
  const RecipientState delivered = RecipientState::kDelivered;
  EXPECT_TRUE(CheckOutcomes({}).ok());
  EXPECT_TRUE(CheckOutcomes({MakeOutcome("a", 0, delivered), MakeOutcome("a", 1, delivered),
                             MakeOutcome("b", 0, RecipientState::kDeferred)})
                  .ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      CheckOutcomes({MakeOutcome("a", 0, delivered), MakeOutcome("a", 0, delivered)})));
  EXPECT_TRUE(
      absl::IsInvalidArgument(CheckOutcomes({MakeOutcome("a", 0, RecipientState::kQueued)})));
}

TEST(TransitionTest, EarliestDueIsThatOfTheFirst) {
  EXPECT_EQ(EarliestDue({}), absl::InfiniteFuture());
  std::vector<Recipient> recipients(2);
  recipients[0].next_attempt_time = absl::FromUnixSeconds(20);
  recipients[1].next_attempt_time = absl::FromUnixSeconds(10);
  EXPECT_EQ(EarliestDue(recipients), absl::FromUnixSeconds(10));
}

TEST(TransitionTest, AnEventSaysWhatChanged) {
  EmailRecord record;
  record.email_id = "a";
  record.tags = {{"team", "shop"}};
  Recipient recipient;
  recipient.address = "x@example.com";
  recipient.revision = 7;
  const Event event = MakeEvent(record, 3, recipient, true, absl::FromUnixSeconds(5));
  EXPECT_EQ(event.sequence, 7);
  EXPECT_EQ(event.email_id, "a");
  EXPECT_EQ(event.tags, record.tags);
  EXPECT_EQ(event.recipient_index, 3);
  EXPECT_EQ(event.recipient.address, "x@example.com");
  EXPECT_TRUE(event.email_settled);
  EXPECT_EQ(event.event_time, absl::FromUnixSeconds(5));
}

TEST(TransitionTest, OnlyWhatWouldBeTriedAgainIsGivenUp) {
  Recipient deferred;
  deferred.state = RecipientState::kDeferred;
  EXPECT_EQ(UnlessCancelled(deferred, false).state, RecipientState::kDeferred);
  EXPECT_EQ(UnlessCancelled(deferred, true).state, RecipientState::kFailed);
  EXPECT_EQ(UnlessCancelled(deferred, true).failure_cause, FailureCause::kCancelled);
  Recipient delivered;
  delivered.state = RecipientState::kDelivered;
  EXPECT_EQ(UnlessCancelled(delivered, true).state, RecipientState::kDelivered);
  Recipient rejected;
  rejected.state = RecipientState::kFailed;
  rejected.failure_cause = FailureCause::kRejected;
  EXPECT_EQ(UnlessCancelled(rejected, true).failure_cause, FailureCause::kRejected);
}

TEST(TransitionTest, LimitsCountTheNewEmail) {
  const StoreLimits limits{.max_queued_emails = 2, .max_queued_bytes = 100};
  struct Case {
    QueueTotals totals;
    int64_t bytes;
    bool fits;
  };
  for (const Case& c : {Case{{1, 50, 1}, 50, true}, Case{{1, 50, 1}, 51, false},
                        Case{{2, 0, 2}, 0, false}, Case{{0, 0, 0}, 101, false},
                        // The limit was lowered since.
                        Case{{1, 500, 1}, 0, false}}) {
    const absl::Status status = CheckLimits(limits, c.totals, c.bytes);
    EXPECT_EQ(status.ok(), c.fits) << c.totals.emails << " " << c.totals.bytes << " " << c.bytes;
    EXPECT_TRUE(c.fits || absl::IsResourceExhausted(status));
  }
  EXPECT_TRUE(CheckLimits(StoreLimits(), {1 << 30, int64_t{1} << 50, 0}, 1 << 30).ok());
}

}  // namespace
}  // namespace mailstrom::storage
