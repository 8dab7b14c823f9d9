// Cancelling, and attempts that are under way meanwhile.

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/time.h"
#include "storage/store_conformance.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

const absl::Time kLater = kTestStart + absl::Minutes(5);
const absl::Time kCancelTime = kTestStart + absl::Minutes(1);

bool IsCancelled(const Recipient& recipient) {
  return recipient.state == RecipientState::kFailed &&
         recipient.failure_cause == FailureCause::kCancelled;
}

TEST_P(StoreConformanceTest, CancellingGivesUpWhatNobodyHasClaimed) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "content").ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("b"), "content of b").ok());
  const absl::StatusOr<Email> email = blocking().Cancel("a", kCancelTime);
  ASSERT_TRUE(email.ok()) << email.status();
  EXPECT_TRUE(email->settled());
  EXPECT_EQ(ToText(*email), ToText(blocking().ReadEmail("a").value()));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));

  const EventBatch batch = blocking().ReadEvents(3, 10).value();
  ASSERT_EQ(batch.events.size(), 2u);
  for (int i = 0; i < 2; ++i) {
    const Event& event = *batch.events[i];
    EXPECT_EQ(event.email_id, "a");
    EXPECT_EQ(event.recipient_index, i);
    EXPECT_TRUE(IsCancelled(event.recipient));
    EXPECT_EQ(event.recipient.attempt_count, 0);
    EXPECT_EQ(event.event_time, kCancelTime);
    EXPECT_EQ(event.email_settled, i == 1);
    EXPECT_EQ(ToText(event.recipient), ToText(email->recipients[i]));
  }
  // The other email is as it was.
  const std::vector<ClaimedRecipient> claimed =
      AllOf(blocking().ClaimDue(absl::InfiniteFuture(), 9).value());
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].claim.email_id, "b");
}

TEST_P(StoreConformanceTest, ADeferredRecipientIsGivenUpWithWhatItWentThrough) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  ASSERT_TRUE(blocking().RecordOutcomes({Deferred(claimed, kLater)}).ok());
  const Email email = blocking().Cancel("a", kCancelTime).value();
  EXPECT_TRUE(IsCancelled(email.recipients[0]));
  EXPECT_EQ(email.recipients[0].attempt_count, 1);
  EXPECT_TRUE(email.recipients[0].last_attempt.has_value());
  const DueWork work = blocking().ClaimDue(absl::InfiniteFuture(), 1).value();
  EXPECT_TRUE(work.emails.empty());
  EXPECT_EQ(work.next_due, absl::InfiniteFuture());
}

TEST_P(StoreConformanceTest, CancellingIsIdempotent) {
  EXPECT_TRUE(absl::IsNotFound(blocking().Cancel("a", kCancelTime).status()));
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "").ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  const Email first = blocking().Cancel("a", kCancelTime).value();
  EXPECT_FALSE(first.settled());
  EXPECT_EQ(ToText(blocking().Cancel("a", kLater).value()), ToText(first));
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(claimed)}).ok());
  const Email settled = blocking().Cancel("a", kLater).value();
  EXPECT_TRUE(settled.settled());
  EXPECT_EQ(settled.recipients[claimed.claim.recipient_index].state, RecipientState::kDelivered);
  EXPECT_EQ(store().LastSequence(), 4);
  // Of an email that was settled otherwise, nothing changes either.
  ASSERT_TRUE(blocking().Accept(TestEmail("b"), "").ok());
  const ClaimedRecipient other = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(other)}).ok());
  EXPECT_EQ(blocking().Cancel("b", kLater)->recipients[0].state, RecipientState::kDelivered);
  EXPECT_EQ(store().LastSequence(), 6);
}

TEST_P(StoreConformanceTest, AnAttemptUnderWaySettlesItsRecipient) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 4), "content").ok());
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 3).value());
  ASSERT_EQ(claimed.size(), 3u);
  const Email cancelled = blocking().Cancel("a", kCancelTime).value();
  int given_up = 0;
  for (const Recipient& recipient : cancelled.recipients) {
    if (IsFinal(recipient.state)) ++given_up;
  }
  EXPECT_EQ(given_up, 1);
  // Those under way still need it.
  EXPECT_EQ(blocking().ReadContent("a").value(), "content");

  ASSERT_TRUE(
      blocking()
          .RecordOutcomes({Delivered(claimed[0]), Failed(claimed[1]), Deferred(claimed[2], kLater)})
          .ok());
  const Email email = blocking().ReadEmail("a").value();
  EXPECT_TRUE(email.settled());
  const auto recipient = [&](int i) { return email.recipients[claimed[i].claim.recipient_index]; };
  EXPECT_EQ(recipient(0).state, RecipientState::kDelivered);
  EXPECT_EQ(recipient(1).failure_cause, FailureCause::kRejected);
  EXPECT_TRUE(IsCancelled(recipient(2)));
  EXPECT_EQ(recipient(2).attempt_count, 1);
  EXPECT_TRUE(recipient(2).last_attempt.has_value());
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
  const EventBatch batch = blocking().ReadEvents(5, 10).value();
  ASSERT_EQ(batch.events.size(), 3u);
  EXPECT_TRUE(IsCancelled(batch.events[2]->recipient));
  EXPECT_TRUE(batch.events[2]->email_settled);
  EXPECT_TRUE(blocking().ClaimDue(absl::InfiniteFuture(), 9)->emails.empty());
}

TEST_P(StoreConformanceTest, AReleasedClaimOfACancelledEmailIsGivenUp) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "content").ok());
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 2).value());
  ASSERT_EQ(claimed.size(), 2u);
  ASSERT_TRUE(blocking().Cancel("a", kCancelTime).ok());
  EXPECT_EQ(store().LastSequence(), 2);
  // Given back twice in one call, it is given up once.
  ASSERT_TRUE(blocking().Release({claimed[0].claim, claimed[0].claim}, kLater).ok());
  EXPECT_EQ(store().LastSequence(), 3);
  ASSERT_TRUE(blocking().Release({claimed[1].claim}, kTestStart - absl::Hours(1)).ok());
  const Email email = blocking().ReadEmail("a").value();
  EXPECT_TRUE(email.settled());
  for (const Recipient& recipient : email.recipients) {
    EXPECT_TRUE(IsCancelled(recipient));
    EXPECT_EQ(recipient.attempt_count, 0);
  }
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
  EXPECT_TRUE(absl::IsAborted(blocking().RecordOutcomes({Delivered(claimed[0])})));
  EXPECT_EQ(store().LastSequence(), 4);
}

TEST_P(StoreConformanceTest, AfterACrashACancelledRecipientIsNotAttemptedAgain) {
  if (!under_test_->is_durable()) GTEST_SKIP() << "this store is not durable";
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 3), "content").ok());
  ASSERT_EQ(AllOf(blocking().ClaimDue(kTestStart, 2).value()).size(), 2u);
  ASSERT_TRUE(blocking().Cancel("a", kCancelTime).ok());
  EXPECT_EQ(store().LastSequence(), 4);
  under_test_->Crash();
  ASSERT_TRUE(blocking().Accept(TestEmail("b", 1, kLater), "").ok());
  const DueWork work = blocking().ClaimDue(kTestStart, 9).value();
  EXPECT_TRUE(work.emails.empty());
  EXPECT_EQ(work.next_due, kLater);
  const Email email = blocking().ReadEmail("a").value();
  EXPECT_TRUE(email.settled());
  for (const Recipient& recipient : email.recipients) EXPECT_TRUE(IsCancelled(recipient));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
  EXPECT_EQ(store().LastSequence(), 7);
  EXPECT_EQ(store().Totals().emails, 1);
  under_test_->Crash();
  EXPECT_TRUE(blocking().ClaimDue(kTestStart, 9)->emails.empty());
  EXPECT_EQ(store().LastSequence(), 7);
}

TEST_P(StoreConformanceTest, CancellingAtOnceWithEverythingElseSettlesOnce) {
  constexpr int kEmails = 40;
  for (int i = 0; i < kEmails; ++i) {
    ASSERT_TRUE(blocking().Accept(TestEmail(absl::StrCat("e", i), 2), "content").ok());
  }
  absl::BlockingCounter answered(4 * kEmails);
  for (int i = 0; i < kEmails; ++i) {
    // None of these waits for another, so each email is cancelled before, while or after it is
    // claimed and its outcome recorded.
    store().ClaimDue(kTestStart, 2, [&](absl::StatusOr<DueWork> work) {
      std::vector<Outcome> outcomes;
      for (const ClaimedRecipient& claimed : AllOf(*work)) {
        outcomes.push_back(outcomes.empty() ? Deferred(claimed, kLater) : Delivered(claimed));
      }
      store().RecordOutcomes(std::move(outcomes), [&](absl::Status status) {
        EXPECT_TRUE(status.ok()) << status;
        answered.DecrementCount();
      });
      answered.DecrementCount();
    });
    for (int twice = 0; twice < 2; ++twice) {
      store().Cancel(absl::StrCat("e", i), kCancelTime, [&](const absl::StatusOr<Email>& email) {
        EXPECT_TRUE(email.ok()) << email.status();
        answered.DecrementCount();
      });
    }
  }
  answered.Wait();
  EXPECT_TRUE(blocking().ClaimDue(absl::InfiniteFuture(), 9)->emails.empty());
  for (int i = 0; i < kEmails; ++i) {
    EXPECT_TRUE(blocking().ReadEmail(absl::StrCat("e", i))->settled()) << i;
  }
  EXPECT_EQ(store().Totals(), QueueTotals());
  const EventBatch batch = blocking().ReadEvents(2 * kEmails, 1000).value();
  int finals = 0;
  for (const auto& event : batch.events) finals += IsFinal(event->recipient.state);
  EXPECT_EQ(finals, 2 * kEmails);
}

}  // namespace
}  // namespace mailstrom::storage
