#include "storage/store_conformance.h"

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

const absl::Time kLater = kTestStart + absl::Minutes(5);

std::vector<std::string> Texts(const EventBatch& batch) {
  std::vector<std::string> texts;
  for (const auto& event : batch.events) texts.push_back(ToText(*event));
  return texts;
}

std::vector<std::string> Addresses(const DueWork& work) {
  std::vector<std::string> addresses;
  for (const ClaimedRecipient& claimed : AllOf(work)) {
    addresses.push_back(absl::StrCat(claimed.claim.email_id, "/", claimed.claim.recipient_index));
  }
  return addresses;
}

using Strings = std::vector<std::string>;

TEST_P(StoreConformanceTest, AnEmptyStoreHasNothing) {
  EXPECT_EQ(store().LastSequence(), 0);
  EXPECT_FALSE(store().LogId().empty());
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("a").status()));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
  const absl::StatusOr<EventBatch> events = blocking().ReadEvents(0, 10);
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_TRUE(events->events.empty());
  EXPECT_EQ(events->last_sequence, 0);
  const absl::StatusOr<DueWork> work = blocking().ClaimDue(absl::InfiniteFuture(), 10);
  ASSERT_TRUE(work.ok()) << work.status();
  EXPECT_TRUE(work->emails.empty());
  EXPECT_EQ(work->next_due, absl::InfiniteFuture());
}

TEST_P(StoreConformanceTest, AnAcceptedEmailIsReadBackWhole) {
  Email email = FullTestEmail("a");
  ASSERT_TRUE(blocking().Accept(email, "the content").ok());
  // What the store itself fills in.
  email.record.recipient_count = 2;
  email.record.size_bytes = 11;
  email.recipients[0].revision = 1;
  email.recipients[1].revision = 2;
  const absl::StatusOr<Email> stored = blocking().ReadEmail("a");
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(ToText(*stored), ToText(email));
  EXPECT_EQ(blocking().ReadContent("a").value(), "the content");
}

TEST_P(StoreConformanceTest, ContentIsKeptByteByByte) {
  std::string all_bytes;
  for (int i = 0; i < 1 << 20; ++i) all_bytes.push_back(static_cast<char>(i * 7 + i / 256));
  for (const auto& [id, content] : {std::pair<std::string, std::string>("empty", ""),
                                    {"nul", std::string(1, '\0')},
                                    {"short", "x"},
                                    {"large", all_bytes}}) {
    ASSERT_TRUE(blocking().Accept(TestEmail(id), content).ok());
    EXPECT_EQ(blocking().ReadContent(id).value(), content) << id;
  }
}

TEST_P(StoreConformanceTest, AnEmailIdIsTakenOnce) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "first").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(blocking().Accept(TestEmail("a", 3), "second")));
  EXPECT_EQ(blocking().ReadContent("a").value(), "first");
  EXPECT_EQ(blocking().ReadEmail("a")->recipients.size(), 1u);
  EXPECT_EQ(store().LastSequence(), 1);
}

TEST_P(StoreConformanceTest, AnEmailIdIsTakenOnceAmongCallsAtOnce) {
  absl::BlockingCounter answered(50);
  std::atomic<int> accepted = 0, refused = 0;
  for (int i = 0; i < 50; ++i) {
    store().Accept({TestEmail("a"), ""}, [&](const absl::StatusOr<Accepted>& answer) {
      ++(answer.ok() ? accepted : refused);
      answered.DecrementCount();
    });
  }
  answered.Wait();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(refused, 49);
  EXPECT_EQ(store().LastSequence(), 1);
}

TEST_P(StoreConformanceTest, ABadEmailChangesNothing) {
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().Accept(TestEmail("a b"), "")));
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().Accept(TestEmail("a", 0), "")));
  Email settled = TestEmail("a");
  settled.recipients[0].state = RecipientState::kDelivered;
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().Accept(settled, "")));
  EXPECT_EQ(store().LastSequence(), 0);
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("a").status()));
  EXPECT_TRUE(blocking().ClaimDue(kTestStart, 10)->emails.empty());
}

TEST_P(StoreConformanceTest, EmailsWhoseIdsBeginAlikeStayApart) {
  for (const char* id : {"a", "ab", "a!", "aa", "b"}) {
    ASSERT_TRUE(blocking().Accept(TestEmail(id, 2), id).ok());
  }
  for (const char* id : {"a", "ab", "a!", "aa", "b"}) {
    const absl::StatusOr<Email> email = blocking().ReadEmail(id);
    ASSERT_TRUE(email.ok()) << email.status();
    EXPECT_EQ(email->record.email_id, id);
    EXPECT_EQ(email->recipients.size(), 2u);
    EXPECT_EQ(blocking().ReadContent(id).value(), id);
  }
}

TEST_P(StoreConformanceTest, AcceptingMakesAnEventForEachRecipient) {
  const Email email = FullTestEmail("a");
  ASSERT_TRUE(blocking().Accept(email, "").ok());
  const absl::StatusOr<EventBatch> batch = blocking().ReadEvents(0, 10);
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->events.size(), 2u);
  EXPECT_EQ(batch->last_sequence, 2);
  for (int i = 0; i < 2; ++i) {
    Event want;
    want.sequence = i + 1;
    want.email_id = "a";
    want.tags = email.record.tags;
    want.tenant = email.record.tenant;
    want.traceparent = email.record.traceparent;
    want.recipient_index = i;
    want.recipient = email.recipients[i];
    want.recipient.revision = i + 1;
    want.event_time = email.record.accept_time;
    EXPECT_EQ(ToText(*batch->events[i]), ToText(want));
  }
}

TEST_P(StoreConformanceTest, EventsAreReadInPages) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(blocking().Accept(TestEmail(absl::StrCat(i)), "").ok());
  std::vector<int64_t> sequences;
  int64_t last = 0;
  for (int calls = 0; calls < 20 && last < 7; ++calls) {
    const absl::StatusOr<EventBatch> batch = blocking().ReadEvents(last, 3);
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_LE(batch->events.size(), 3u);
    for (const auto& event : batch->events) sequences.push_back(event->sequence);
    ASSERT_GT(batch->last_sequence, last);
    last = batch->last_sequence;
  }
  EXPECT_EQ(sequences, std::vector<int64_t>({1, 2, 3, 4, 5, 6, 7}));
}

TEST_P(StoreConformanceTest, PlacesOutsideOfTheLogAreOutOfRange) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  EXPECT_TRUE(blocking().ReadEvents(1, 10).ok());
  EXPECT_TRUE(absl::IsOutOfRange(blocking().ReadEvents(2, 10).status()));
  EXPECT_TRUE(absl::IsOutOfRange(blocking().ReadEvents(-1, 10).status()));
}

TEST_P(StoreConformanceTest, WorkIsClaimedEarliestFirstAndNotBeforeItIsDue) {
  const auto at = [](int seconds) { return kTestStart + absl::Seconds(seconds); };
  ASSERT_TRUE(blocking().Accept(TestEmail("late", 1, at(30)), "").ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("early", 1, at(10)), "").ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("middle", 1, at(20)), "").ok());

  DueWork work = blocking().ClaimDue(at(10) - absl::Microseconds(1), 10).value();
  EXPECT_EQ(Addresses(work), Strings());
  EXPECT_EQ(work.next_due, at(10));
  work = blocking().ClaimDue(at(20), 10).value();
  EXPECT_EQ(Addresses(work), Strings({"early/0", "middle/0"}));
  EXPECT_EQ(work.next_due, at(30));
  EXPECT_EQ(work.emails[1].recipients[0].claim.due_time, at(20));
  EXPECT_EQ(blocking().ClaimDue(at(20), 10)->next_due, at(30));
  // Something earlier than what was already claimed must not be overlooked.
  ASSERT_TRUE(blocking().Accept(TestEmail("first", 1, at(0)), "").ok());
  work = blocking().ClaimDue(at(30), 10).value();
  EXPECT_EQ(Addresses(work), Strings({"first/0", "late/0"}));
  EXPECT_EQ(work.next_due, absl::InfiniteFuture());
}

TEST_P(StoreConformanceTest, AClaimedEmailComesWithItsRecordAndDueRecipients) {
  Email email = FullTestEmail("a");
  email.recipients.push_back(email.recipients[1]);
  email.recipients[1].next_attempt_time = kLater;
  ASSERT_TRUE(blocking().Accept(email, "").ok());
  const Email stored = blocking().ReadEmail("a").value();

  const DueWork work = blocking().ClaimDue(kTestStart, 10).value();
  ASSERT_EQ(work.emails.size(), 1u);
  EXPECT_EQ(ToText(*work.emails[0].record), ToText(stored.record));
  ASSERT_EQ(Addresses(work), Strings({"a/0", "a/2"}));
  EXPECT_EQ(ToText(work.emails[0].recipients[0].recipient), ToText(stored.recipients[0]));
  EXPECT_EQ(ToText(work.emails[0].recipients[1].recipient), ToText(stored.recipients[2]));
  EXPECT_EQ(work.next_due, kLater);
}

TEST_P(StoreConformanceTest, NoMoreIsClaimedThanAskedFor) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 5), "").ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("b", 5, kLater), "").ok());
  std::set<std::string> seen;
  for (const size_t want : {4, 4, 2, 0}) {
    const DueWork work = blocking().ClaimDue(kLater, 4).value();
    EXPECT_EQ(AllOf(work).size(), want);
    for (const std::string& address : Addresses(work)) {
      EXPECT_TRUE(seen.insert(address).second) << address;
    }
    EXPECT_EQ(work.next_due, seen.size() == 4   ? kTestStart
                             : seen.size() == 8 ? kLater
                                                : absl::InfiniteFuture());
  }
  EXPECT_EQ(seen.size(), 10u);
}

TEST_P(StoreConformanceTest, ADeliveredRecipientIsSettledForGood) {
  ASSERT_TRUE(blocking().Accept(FullTestEmail("a"), "content").ok());
  DueWork work = blocking().ClaimDue(kTestStart, 1).value();
  ASSERT_EQ(AllOf(work).size(), 1u);
  const Outcome first = Delivered(AllOf(work)[0]);
  ASSERT_TRUE(blocking().RecordOutcomes({first}).ok());

  Email email = blocking().ReadEmail("a").value();
  Recipient want = first.after;
  want.revision = 3;
  EXPECT_EQ(ToText(email.recipients[first.claim.recipient_index]), ToText(want));
  EXPECT_EQ(email.revision(), 3);
  EXPECT_FALSE(email.settled());
  EXPECT_EQ(blocking().ReadContent("a").value(), "content");
  if (const auto at_hand = store().ContentAtHand("a")) EXPECT_EQ(*at_hand, "content");

  work = blocking().ClaimDue(absl::InfiniteFuture(), 10).value();
  ASSERT_EQ(AllOf(work).size(), 1u);
  const Outcome second = Failed(AllOf(work)[0]);
  ASSERT_TRUE(blocking().RecordOutcomes({second}).ok());
  EXPECT_TRUE(blocking().ReadEmail("a")->settled());
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
  EXPECT_EQ(store().ContentAtHand("a"), nullptr);
  work = blocking().ClaimDue(absl::InfiniteFuture(), 10).value();
  EXPECT_TRUE(work.emails.empty());
  EXPECT_EQ(work.next_due, absl::InfiniteFuture());

  const EventBatch batch = blocking().ReadEvents(2, 10).value();
  Event want_first;
  want_first.sequence = 3;
  want_first.email_id = "a";
  want_first.tags = email.record.tags;
  want_first.tenant = email.record.tenant;
  want_first.traceparent = email.record.traceparent;
  want_first.recipient_index = first.claim.recipient_index;
  want_first.recipient = want;
  want_first.event_time = first.event_time;
  Event want_second = want_first;
  want_second.sequence = 4;
  want_second.recipient_index = second.claim.recipient_index;
  want_second.recipient = second.after;
  want_second.recipient.revision = 4;
  want_second.email_settled = true;
  EXPECT_EQ(Texts(batch), Strings({ToText(want_first), ToText(want_second)}));
}

TEST_P(StoreConformanceTest, ADeferredRecipientIsDueAgainAtItsTime) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "content").ok());
  DueWork work = blocking().ClaimDue(kTestStart, 1).value();
  ASSERT_TRUE(blocking().RecordOutcomes({Deferred(AllOf(work).at(0), kLater)}).ok());
  EXPECT_EQ(blocking().ReadEmail("a")->recipients[0].state, RecipientState::kDeferred);
  EXPECT_EQ(blocking().ReadContent("a").value(), "content");

  work = blocking().ClaimDue(kLater - absl::Microseconds(1), 1).value();
  EXPECT_TRUE(work.emails.empty());
  EXPECT_EQ(work.next_due, kLater);
  work = blocking().ClaimDue(kLater, 1).value();
  ASSERT_EQ(AllOf(work).size(), 1u);
  EXPECT_EQ(AllOf(work)[0].recipient.attempt_count, 1);
  EXPECT_EQ(AllOf(work)[0].claim.due_time, kLater);
}

TEST_P(StoreConformanceTest, OneMayBeDeferredToTheTimeAtWhichItWasDue) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  for (int i = 0; i < 5; ++i) {
    const DueWork work = blocking().ClaimDue(kTestStart, 1).value();
    ASSERT_EQ(AllOf(work).size(), 1u) << i;
    ASSERT_TRUE(blocking().RecordOutcomes({Deferred(AllOf(work)[0], kTestStart)}).ok());
  }
  const DueWork work = blocking().ClaimDue(kTestStart, 1).value();
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(AllOf(work).at(0))}).ok());
  EXPECT_TRUE(blocking().ClaimDue(absl::InfiniteFuture(), 1)->emails.empty());
  EXPECT_EQ(store().LastSequence(), 7);
}

TEST_P(StoreConformanceTest, OutcomesOfOneCallAreNumberedInOrder) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 3), "").ok());
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 3).value());
  ASSERT_EQ(claimed.size(), 3u);
  ASSERT_TRUE(
      blocking()
          .RecordOutcomes({Delivered(claimed[2]), Deferred(claimed[0], kLater), Failed(claimed[1])})
          .ok());
  const EventBatch batch = blocking().ReadEvents(3, 10).value();
  ASSERT_EQ(batch.events.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(batch.events[i]->sequence, 4 + i);
    EXPECT_EQ(batch.events[i]->recipient.revision, 4 + i);
    EXPECT_FALSE(batch.events[i]->email_settled);
  }
  EXPECT_EQ(batch.events[0]->recipient_index, claimed[2].claim.recipient_index);
  EXPECT_EQ(batch.events[1]->recipient_index, claimed[0].claim.recipient_index);
  EXPECT_EQ(batch.events[2]->recipient_index, claimed[1].claim.recipient_index);
}

TEST_P(StoreConformanceTest, OnlyTheLastOfOneCallSettlesTheEmail) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 3), "").ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("b", 1), "").ok());
  std::vector<Outcome> outcomes;
  for (const ClaimedRecipient& claimed : AllOf(blocking().ClaimDue(kTestStart, 9).value())) {
    outcomes.push_back(Delivered(claimed));
  }
  ASSERT_EQ(outcomes.size(), 4u);
  ASSERT_TRUE(blocking().RecordOutcomes(outcomes).ok());
  const EventBatch batch = blocking().ReadEvents(4, 9).value();
  std::vector<bool> settled;
  for (const auto& event : batch.events) settled.push_back(event->email_settled);
  EXPECT_EQ(settled, std::vector<bool>({false, false, true, true}));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
}

TEST_P(StoreConformanceTest, AStaleClaimFailsTheWholeCall) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "content").ok());
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 2).value());
  ASSERT_EQ(claimed.size(), 2u);
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(claimed[0])}).ok());
  const std::string before = ToText(blocking().ReadEmail("a").value());

  EXPECT_TRUE(absl::IsAborted(blocking().RecordOutcomes({Failed(claimed[0])})));
  EXPECT_TRUE(
      absl::IsAborted(blocking().RecordOutcomes({Delivered(claimed[1]), Failed(claimed[0])})));
  Outcome unknown = Delivered(claimed[1]);
  unknown.claim.email_id = "unknown";
  EXPECT_TRUE(absl::IsAborted(blocking().RecordOutcomes({unknown})));
  EXPECT_EQ(ToText(blocking().ReadEmail("a").value()), before);
  EXPECT_EQ(store().LastSequence(), 3);
  // The claim that was in order is still held.
  EXPECT_TRUE(blocking().RecordOutcomes({Delivered(claimed[1])}).ok());
}

TEST_P(StoreConformanceTest, AnOutcomeSentTwiceAtOnceIsRecordedOnce) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  const DueWork work = blocking().ClaimDue(kTestStart, 1).value();
  absl::BlockingCounter answered(20);
  std::atomic<int> recorded = 0, aborted = 0;
  for (int i = 0; i < 20; ++i) {
    store().RecordOutcomes({Delivered(AllOf(work).at(0))}, [&](absl::Status status) {
      if (status.ok()) ++recorded;
      if (absl::IsAborted(status)) ++aborted;
      answered.DecrementCount();
    });
  }
  answered.Wait();
  EXPECT_EQ(recorded, 1);
  EXPECT_EQ(aborted, 19);
  EXPECT_EQ(store().LastSequence(), 2);
}

TEST_P(StoreConformanceTest, WhatIsNoOutcomeIsRefused) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  Outcome queued = Delivered(claimed);
  queued.after.state = RecipientState::kQueued;
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().RecordOutcomes({queued})));
  EXPECT_TRUE(
      absl::IsInvalidArgument(blocking().RecordOutcomes({Delivered(claimed), Failed(claimed)})));
  EXPECT_TRUE(blocking().RecordOutcomes({}).ok());
  EXPECT_EQ(store().LastSequence(), 1);
  EXPECT_TRUE(blocking().RecordOutcomes({Delivered(claimed)}).ok());
}

TEST_P(StoreConformanceTest, AReleasedClaimIsDueAgainAndStale) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  const ClaimedRecipient first = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  // An earlier time does not hasten it.
  ASSERT_TRUE(blocking().Release({first.claim}, kTestStart - absl::Hours(1)).ok());
  EXPECT_TRUE(absl::IsAborted(blocking().RecordOutcomes({Delivered(first)})));
  EXPECT_TRUE(blocking().ClaimDue(kTestStart - absl::Microseconds(1), 1)->emails.empty());

  const ClaimedRecipient second = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  EXPECT_NE(second.claim.fence, first.claim.fence);
  ASSERT_TRUE(blocking().Release({first.claim}, kLater).ok());
  ASSERT_TRUE(blocking().Release({second.claim}, kLater).ok());
  const DueWork none = blocking().ClaimDue(kLater - absl::Microseconds(1), 1).value();
  EXPECT_TRUE(none.emails.empty());
  EXPECT_EQ(none.next_due, kLater);
  EXPECT_EQ(blocking().ReadEmail("a")->recipients[0].next_attempt_time, kLater);

  const ClaimedRecipient third = AllOf(blocking().ClaimDue(kLater, 1).value()).at(0);
  EXPECT_EQ(third.recipient.state, RecipientState::kQueued);
  EXPECT_EQ(third.recipient.attempt_count, 0);
  EXPECT_EQ(store().LastSequence(), 1);
  EXPECT_TRUE(blocking().RecordOutcomes({Delivered(third)}).ok());
  EXPECT_TRUE(blocking().Release({third.claim}, kLater).ok());
  EXPECT_TRUE(blocking().ClaimDue(absl::InfiniteFuture(), 1)->emails.empty());
}

TEST_P(StoreConformanceTest, ManyRecipientsAreSettledOneByOne) {
  constexpr int kRecipients = 300;
  ASSERT_TRUE(blocking().Accept(TestEmail("a", kRecipients), "content").ok());
  int settled = 0;
  while (settled < kRecipients) {
    const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 7).value());
    ASSERT_FALSE(claimed.empty());
    for (const ClaimedRecipient& each : claimed) {
      EXPECT_TRUE(blocking().ReadContent("a").ok());
      ASSERT_TRUE(blocking().RecordOutcomes({Delivered(each)}).ok());
      ++settled;
    }
  }
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
  const EventBatch batch = blocking().ReadEvents(2 * kRecipients - 2, 9).value();
  ASSERT_EQ(batch.events.size(), 2u);
  EXPECT_FALSE(batch.events[0]->email_settled);
  EXPECT_TRUE(batch.events[1]->email_settled);
}

TEST_P(StoreConformanceTest, CallsAtOnceAreNumberedWithoutGaps) {
  constexpr int kThreads = 4, kEach = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(blocking().Accept(TestEmail(absl::StrCat(t, "-", i), 2), "").ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store().LastSequence(), 2 * kThreads * kEach);
  const EventBatch batch = blocking().ReadEvents(0, 2 * kThreads * kEach).value();
  ASSERT_EQ(batch.events.size(), 2u * kThreads * kEach);
  for (size_t i = 0; i < batch.events.size(); i += 2) {
    EXPECT_EQ(batch.events[i]->sequence, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(batch.events[i]->email_id, batch.events[i + 1]->email_id);
  }
}

TEST_P(StoreConformanceTest, WorkersAtOnceClaimEachRecipientOnce) {
  constexpr int kEmails = 100, kThreads = 4;
  std::atomic<int> settled = 0;
  std::atomic<int> stale = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kEmails; i += kThreads) {
        EXPECT_TRUE(blocking().Accept(TestEmail(absl::StrCat("m", i), 3), "").ok());
      }
      while (settled < 3 * kEmails) {
        for (const ClaimedRecipient& claimed : AllOf(blocking().ClaimDue(kTestStart, 5).value())) {
          if (claimed.recipient.attempt_count == 0) {
            if (!blocking().RecordOutcomes({Deferred(claimed, kTestStart)}).ok()) ++stale;
          } else {
            if (!blocking().RecordOutcomes({Delivered(claimed)}).ok()) ++stale;
            ++settled;
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stale, 0);
  // Each recipient was accepted, deferred once and delivered once.
  EXPECT_EQ(store().LastSequence(), 3 * 3 * kEmails);
  EXPECT_TRUE(blocking().ClaimDue(absl::InfiniteFuture(), 1)->emails.empty());
}

// Notes what it is told, and checks that it can be read.
class RecordingListener final : public StoreListener {
 public:
  explicit RecordingListener(Store& store) : store_(store) {}

  void OnDue(absl::Time earliest) override {
    absl::MutexLock lock(&mutex_);
    due_.push_back(earliest);
  }
  void OnEvents(int64_t last_sequence) override {
    EXPECT_GE(store_.LastSequence(), last_sequence);
    absl::MutexLock lock(&mutex_);
    EXPECT_GE(last_sequence, last_sequence_);
    last_sequence_ = last_sequence;
  }

  void AwaitSequence(int64_t sequence) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [this, sequence]()
                             ABSL_NO_THREAD_SAFETY_ANALYSIS { return last_sequence_ >= sequence; };
    mutex_.Await(absl::Condition(&reached));
  }
  void AwaitDue(absl::Time earliest) {
    absl::MutexLock lock(&mutex_);
    const auto told = [this, earliest]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !due_.empty() && due_.back() == earliest;
    };
    mutex_.Await(absl::Condition(&told));
  }

 private:
  Store& store_;
  absl::Mutex mutex_;
  std::vector<absl::Time> due_ ABSL_GUARDED_BY(mutex_);
  int64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_P(StoreConformanceTest, ListenersAreToldOfEventsAndDueWork) {
  RecordingListener listener(store());
  store().AddListener(&listener);
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2, kLater), "").ok());
  listener.AwaitSequence(2);
  listener.AwaitDue(kLater);
  std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kLater, 2).value());
  const absl::Time retry = kLater + absl::Minutes(1);
  ASSERT_TRUE(blocking().RecordOutcomes({Deferred(claimed[0], retry), Delivered(claimed[1])}).ok());
  listener.AwaitSequence(4);
  listener.AwaitDue(retry);
  claimed = AllOf(blocking().ClaimDue(retry, 2).value());
  ASSERT_TRUE(blocking().Release({claimed.at(0).claim}, retry + absl::Minutes(1)).ok());
  listener.AwaitDue(retry + absl::Minutes(1));
  store().RemoveListener(&listener);
  ASSERT_TRUE(blocking().Accept(TestEmail("b", 1, kTestStart), "").ok());
}

TEST_P(StoreConformanceTest, AnswersNeverComeInsideTheCall) {
  absl::Mutex held;
  absl::BlockingCounter answered(4);
  // Would deadlock if an answer came within its call.
  const auto answer = [&](const auto&) {
    {
      absl::MutexLock lock(&held);
    }
    answered.DecrementCount();
  };
  {
    absl::MutexLock lock(&held);
    store().Accept({TestEmail("a"), ""}, answer);
    store().RecordOutcomes({}, answer);
    store().ReadEmail("a", answer);
    store().ReadEvents(99, 1, answer);
  }
  answered.Wait();
}

TEST_P(StoreConformanceTest, DestructionAnswersCallsUnderWay) {
  std::atomic<int> answers = 0;
  for (int i = 0; i < 100; ++i) {
    store().Accept({TestEmail(absl::StrCat(i)), "x"},
                   [&](const absl::StatusOr<Accepted>&) { ++answers; });
    store().ReadEmail(absl::StrCat(i), [&](const absl::StatusOr<Email>&) { ++answers; });
    store().ClaimDue(kTestStart, 1, [&](const absl::StatusOr<DueWork>&) { ++answers; });
  }
  under_test_ = nullptr;
  EXPECT_EQ(answers, 300);
}

}  // namespace
}  // namespace mailstrom::storage
