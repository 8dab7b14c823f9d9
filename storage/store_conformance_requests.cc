// Request keys, limits and totals.

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/store_conformance.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

const absl::Time kKeyEnd = kTestStart + absl::Hours(24);

AcceptRequest Keyed(const std::string& email_id, const std::string& request_id,
                    const std::string& digest = "d1", const std::string& caller = "ann") {
  return {TestEmail(email_id), "content of " + email_id,
          RequestKey{caller, request_id, digest, kKeyEnd}};
}

std::string ToText(const QueueTotals& totals) {
  return absl::StrCat(totals.emails, " emails, ", totals.bytes, " bytes, ", totals.recipients,
                      " recipients");
}

TEST_P(StoreConformanceTest, AnAcceptedEmailIsAnsweredAsItIsStored) {
  const absl::StatusOr<Accepted> accepted =
      blocking().Accept(AcceptRequest{FullTestEmail("a"), "content"});
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_FALSE(accepted->replayed);
  EXPECT_EQ(accepted->email.revision(), 2);
  EXPECT_EQ(ToText(accepted->email), ToText(blocking().ReadEmail("a").value()));
}

TEST_P(StoreConformanceTest, AKeyMakesOneEmail) {
  ASSERT_FALSE(blocking().Accept(Keyed("a", "r1")).value().replayed);
  const Accepted again = blocking().Accept(Keyed("b", "r1")).value();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(ToText(again.email), ToText(blocking().ReadEmail("a").value()));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("b").status()));
  EXPECT_EQ(store().LastSequence(), 1);
  // Without a key, every call makes one.
  EXPECT_TRUE(blocking().Accept(TestEmail("c"), "").ok());
  EXPECT_EQ(store().LastSequence(), 2);
}

TEST_P(StoreConformanceTest, AReplayShowsTheEmailAsItStands) {
  ASSERT_TRUE(blocking().Accept(Keyed("a", "r1")).ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(claimed)}).ok());
  const Accepted again = blocking().Accept(Keyed("b", "r1")).value();
  EXPECT_TRUE(again.replayed);
  EXPECT_TRUE(again.email.settled());
  EXPECT_EQ(again.email.revision(), 2);
}

TEST_P(StoreConformanceTest, AKeyOfAnotherRequestIsRefusedAndToldFromATakenId) {
  ASSERT_TRUE(blocking().Accept(Keyed("a", "r1", "d1")).ok());
  const absl::Status reused = blocking().Accept(Keyed("b", "r1", "d2")).status();
  EXPECT_TRUE(absl::IsAlreadyExists(reused));
  EXPECT_TRUE(IsRequestKeyReused(reused));
  const absl::Status taken = blocking().Accept(Keyed("a", "r2")).status();
  EXPECT_TRUE(absl::IsAlreadyExists(taken));
  EXPECT_FALSE(IsRequestKeyReused(taken));
  // What was refused has not taken its key.
  EXPECT_FALSE(blocking().Accept(Keyed("c", "r2")).value().replayed);
  EXPECT_EQ(store().LastSequence(), 2);
}

TEST_P(StoreConformanceTest, CallersDoNotShareTheirRequestIds) {
  // Ids that read the same when put one behind the other.
  ASSERT_FALSE(blocking().Accept(Keyed("a", "bc", "d1", "a")).value().replayed);
  EXPECT_FALSE(blocking().Accept(Keyed("b", "c", "d2", "ab")).value().replayed);
  EXPECT_FALSE(blocking().Accept(Keyed("c", "abc", "d3", "")).value().replayed);
  EXPECT_FALSE(blocking().Accept(Keyed("d", "", "d4", "abc")).value().replayed);
  EXPECT_EQ(blocking().Accept(Keyed("e", "c", "d2", "ab")).value().email.record.email_id, "b");
}

TEST_P(StoreConformanceTest, AnExpiredKeyIsForgotten) {
  ASSERT_TRUE(blocking().Accept(Keyed("a", "r1")).ok());
  AcceptRequest later = Keyed("b", "r1", "another");
  later.email.record.accept_time = kKeyEnd - absl::Nanoseconds(1);
  EXPECT_TRUE(IsRequestKeyReused(blocking().Accept(later).status()));
  later.email.record.accept_time = kKeyEnd;
  later.key->expire_time = kKeyEnd + absl::Hours(1);
  EXPECT_FALSE(blocking().Accept(later).value().replayed);
  EXPECT_EQ(blocking().Accept(later).value().email.record.email_id, "b");
}

TEST_P(StoreConformanceTest, CallsAtOnceWithOneKeyMakeOneEmail) {
  constexpr int kCalls = 60;
  absl::BlockingCounter answered(kCalls);
  absl::Mutex mutex;
  int created = 0, replayed = 0, refused = 0;
  std::vector<std::string> ids;
  for (int i = 0; i < kCalls; ++i) {
    store().Accept(Keyed(absl::StrCat("e", i), "r1", i % 10 == 9 ? "other" : "d1"),
                   [&](const absl::StatusOr<Accepted>& answer) {
                     {
                       absl::MutexLock lock(&mutex);
                       if (answer.ok()) {
                         ++(answer->replayed ? replayed : created);
                         ids.push_back(answer->email.record.email_id);
                       } else {
                         EXPECT_TRUE(IsRequestKeyReused(answer.status())) << answer.status();
                         ++refused;
                       }
                     }
                     answered.DecrementCount();
                   });
  }
  answered.Wait();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(created + replayed + refused, kCalls);
  EXPECT_EQ(std::vector<std::string>(ids.size(), ids.at(0)), ids);
  EXPECT_EQ(store().LastSequence(), 1);
}

TEST_P(StoreConformanceTest, AKeyOutlivesACrash) {
  if (!under_test_->is_durable()) GTEST_SKIP() << "this store is not durable";
  ASSERT_TRUE(blocking().Accept(Keyed("a", "r1")).ok());
  under_test_->Crash();
  EXPECT_TRUE(blocking().Accept(Keyed("b", "r1")).value().replayed);
  under_test_->Restart();
  EXPECT_TRUE(IsRequestKeyReused(blocking().Accept(Keyed("b", "r1", "other")).status()));
  EXPECT_EQ(store().LastSequence(), 1);
}

TEST_P(StoreConformanceTest, TotalsCountWhatIsQueued) {
  EXPECT_EQ(ToText(store().Totals()), "0 emails, 0 bytes, 0 recipients");
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), std::string(100, 'c')).ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("b", 1), std::string(10, 'c')).ok());
  EXPECT_EQ(ToText(store().Totals()), "2 emails, 110 bytes, 3 recipients");
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 3).value());
  ASSERT_EQ(claimed.size(), 3u);
  ASSERT_EQ(claimed[0].claim.email_id, "a");
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(claimed[0])}).ok());
  EXPECT_EQ(ToText(store().Totals()), "2 emails, 110 bytes, 2 recipients");
  ASSERT_TRUE(blocking().RecordOutcomes({Failed(claimed[1])}).ok());
  EXPECT_EQ(ToText(store().Totals()), "1 emails, 10 bytes, 1 recipients");
  ASSERT_TRUE(blocking().RecordOutcomes({Deferred(claimed[2], kTestStart)}).ok());
  EXPECT_EQ(ToText(store().Totals()), "1 emails, 10 bytes, 1 recipients");
  if (under_test_->is_durable()) {
    under_test_->Crash();
    EXPECT_EQ(ToText(store().Totals()), "1 emails, 10 bytes, 1 recipients");
  }
  ASSERT_TRUE(blocking().Cancel("b", kTestStart).ok());
  EXPECT_EQ(ToText(store().Totals()), "0 emails, 0 bytes, 0 recipients");
}

TEST_P(StoreConformanceTest, AFullQueueRefusesEmails) {
  Remake({.max_queued_emails = 2});
  ASSERT_TRUE(blocking().Accept(Keyed("a", "r1")).ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("b"), "").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(blocking().Accept(TestEmail("c"), "")));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("c").status()));
  // An answer that was lost on the way is given although the queue is full.
  EXPECT_TRUE(blocking().Accept(Keyed("d", "r1")).value().replayed);
  if (under_test_->is_durable()) {
    under_test_->Restart();
    EXPECT_TRUE(absl::IsResourceExhausted(blocking().Accept(TestEmail("c"), "")));
  }
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value());
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(claimed.at(0))}).ok());
  EXPECT_TRUE(blocking().Accept(TestEmail("c"), "").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(blocking().Accept(TestEmail("e"), "")));
}

TEST_P(StoreConformanceTest, AQueueFullOfBytesRefusesEmails) {
  Remake({.max_queued_bytes = 100});
  EXPECT_TRUE(absl::IsResourceExhausted(blocking().Accept(TestEmail("a"), std::string(101, 'c'))));
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), std::string(60, 'c')).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(blocking().Accept(TestEmail("b"), std::string(41, 'c'))));
  EXPECT_TRUE(blocking().Accept(TestEmail("b"), std::string(40, 'c')).ok());
}

TEST_P(StoreConformanceTest, ATenantHasItsShareOfTheQueue) {
  const auto accept = [&](const std::string& id, const std::string& tenant, int recipients) {
    AcceptRequest request{TestEmail(id, recipients), ""};
    request.email.record.tenant = tenant;
    request.max_tenant_recipients = 3;
    return blocking().Accept(std::move(request)).status();
  };
  ASSERT_TRUE(accept("a", "t1", 2).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(accept("b", "t1", 2)));
  ASSERT_TRUE(accept("b", "t1", 1).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(accept("c", "t1", 1)));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("c").status()));
  // Neither others nor emails of nobody are held up by it.
  EXPECT_TRUE(accept("d", "t2", 3).ok());
  EXPECT_TRUE(accept("e", "", 3).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(accept("f", "", 1)));
  if (under_test_->is_durable()) {
    under_test_->Restart();
    EXPECT_TRUE(absl::IsResourceExhausted(accept("c", "t1", 1)));
  }
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 2).value());
  ASSERT_EQ(claimed.size(), 2u);
  ASSERT_EQ(claimed[1].claim.email_id, "a");
  ASSERT_TRUE(
      blocking().RecordOutcomes({Delivered(claimed[0]), Deferred(claimed[1], kTestStart)}).ok());
  EXPECT_TRUE(accept("c", "t1", 1).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(accept("f", "t1", 1)));
  ASSERT_TRUE(blocking().Cancel("b", kTestStart).ok());
  EXPECT_TRUE(accept("f", "t1", 1).ok());
}

TEST_P(StoreConformanceTest, CallsAtOnceDoNotExceedTheLimit) {
  Remake({.max_queued_emails = 7});
  absl::BlockingCounter answered(50);
  std::atomic<int> accepted = 0;
  for (int i = 0; i < 50; ++i) {
    store().Accept({TestEmail(absl::StrCat("e", i)), ""},
                   [&](const absl::StatusOr<Accepted>& answer) {
                     if (answer.ok()) ++accepted;
                     answered.DecrementCount();
                   });
  }
  answered.Wait();
  EXPECT_EQ(accepted, 7);
}

TEST_P(StoreConformanceTest, AWellStoreSaysSo) {
  EXPECT_TRUE(store().Health().ok());
  const DamagedRecords damaged = blocking().ListDamaged(10).value();
  EXPECT_EQ(damaged.count, 0);
  EXPECT_TRUE(damaged.records.empty());
}

}  // namespace
}  // namespace mailstrom::storage
