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

}  // namespace
}  // namespace mailstrom::storage
