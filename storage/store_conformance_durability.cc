#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "storage/store_conformance.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

#define SKIP_UNLESS_DURABLE() \
  if (!under_test_->is_durable()) GTEST_SKIP() << "this store is not durable"

const absl::Time kLater = kTestStart + absl::Minutes(5);

// All that can be read of a store.
std::string Contents(Store& store, const std::vector<std::string>& ids) {
  BlockingStore blocking(store);
  std::string all = absl::StrCat(store.LogId(), " ", store.LastSequence(), "\n");
  for (const std::string& id : ids) {
    const absl::StatusOr<Email> email = blocking.ReadEmail(id);
    absl::StrAppend(&all, id, ": ", email.ok() ? ToText(*email) : email.status().ToString());
    const absl::StatusOr<std::string> content = blocking.ReadContent(id);
    absl::StrAppend(&all, "\n  content ", content.ok() ? *content : "none", "\n");
  }
  int64_t last = 0;
  while (last < store.LastSequence()) {
    const absl::StatusOr<EventBatch> batch = blocking.ReadEvents(last, 100);
    if (!batch.ok()) return absl::StrCat(all, batch.status().ToString());
    for (const auto& event : batch->events) absl::StrAppend(&all, ToText(*event), "\n");
    last = batch->last_sequence;
  }
  return all;
}

// Accepts four emails and brings each recipient into another state.
std::vector<std::string> FillWithAllStates(Store& store) {
  BlockingStore blocking(store);
  EXPECT_TRUE(blocking.Accept(FullTestEmail("full"), "content of full").ok());
  EXPECT_TRUE(blocking.Accept(TestEmail("partly", 3), "content of partly").ok());
  EXPECT_TRUE(blocking.Accept(TestEmail("settled"), "content of settled").ok());
  std::vector<Outcome> outcomes;
  for (const ClaimedRecipient& claimed : AllOf(blocking.ClaimDue(kTestStart, 10).value())) {
    const Claim& claim = claimed.claim;
    if (claim.email_id == "settled") outcomes.push_back(Delivered(claimed));
    if (claim.email_id != "partly") continue;
    if (claim.recipient_index == 0) outcomes.push_back(Deferred(claimed, kLater));
    if (claim.recipient_index == 1) outcomes.push_back(Failed(claimed));
  }
  EXPECT_TRUE(blocking.RecordOutcomes(outcomes).ok());
  EXPECT_TRUE(blocking.Accept(TestEmail("future", 1, kLater), "content of future").ok());
  return {"full", "partly", "settled", "future"};
}

// Claims everything; sorted.
std::vector<std::string> ClaimAll(Store& store, absl::Time now) {
  std::vector<std::string> claims;
  for (const ClaimedRecipient& claimed : AllOf(BlockingStore(store).ClaimDue(now, 99).value())) {
    claims.push_back(absl::StrCat(claimed.claim.email_id, "/", claimed.claim.recipient_index));
  }
  std::sort(claims.begin(), claims.end());
  return claims;
}

TEST_P(StoreConformanceTest, ARestartKeepsEverything) {
  SKIP_UNLESS_DURABLE();
  const std::vector<std::string> ids = FillWithAllStates(store());
  const std::string before = Contents(store(), ids);
  for (int i = 0; i < 3; ++i) {
    under_test_->Restart();
    EXPECT_EQ(Contents(store(), ids), before);
  }
}

TEST_P(StoreConformanceTest, ACrashKeepsWhatWasAcknowledged) {
  SKIP_UNLESS_DURABLE();
  const std::vector<std::string> ids = FillWithAllStates(store());
  const std::string before = Contents(store(), ids);
  for (int i = 0; i < 3; ++i) {
    under_test_->Crash();
    EXPECT_EQ(Contents(store(), ids), before);
  }
}

TEST_P(StoreConformanceTest, AfterACrashAllUndoneWorkIsDueAgain) {
  SKIP_UNLESS_DURABLE();
  FillWithAllStates(store());
  const std::vector<std::string> now = {"full/0", "full/1", "partly/2"};
  under_test_->Crash();
  EXPECT_EQ(ClaimAll(store(), kTestStart), now);
  EXPECT_TRUE(ClaimAll(store(), kTestStart).empty());
  under_test_->Restart();
  EXPECT_EQ(ClaimAll(store(), kTestStart), now);
  under_test_->Crash();
  EXPECT_EQ(ClaimAll(store(), kLater),
            std::vector<std::string>({"full/0", "full/1", "future/0", "partly/0", "partly/2"}));
  EXPECT_EQ(BlockingStore(store()).ClaimDue(kLater, 1)->next_due, absl::InfiniteFuture());
}

TEST_P(StoreConformanceTest, ClaimsOfAnEarlierLifeAreStale) {
  SKIP_UNLESS_DURABLE();
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  const ClaimedRecipient first = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  under_test_->Crash();
  EXPECT_TRUE(absl::IsAborted(blocking().RecordOutcomes({Delivered(first)})));
  const ClaimedRecipient second = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  EXPECT_TRUE(absl::IsAborted(blocking().RecordOutcomes({Delivered(first)})));
  EXPECT_TRUE(blocking().RecordOutcomes({Delivered(second)}).ok());
}

TEST_P(StoreConformanceTest, NumberingGoesOnAfterACrash) {
  SKIP_UNLESS_DURABLE();
  int64_t sequence = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(store().LastSequence(), sequence);
    ASSERT_TRUE(blocking().Accept(TestEmail(absl::StrCat("a", i), 2), "").ok());
    sequence += 2;
    const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value());
    ASSERT_TRUE(blocking().RecordOutcomes({Delivered(claimed.at(0))}).ok());
    ++sequence;
    under_test_->Crash();
  }
  const EventBatch batch = blocking().ReadEvents(0, 99).value();
  ASSERT_EQ(batch.last_sequence, sequence);
  for (size_t i = 0; i < batch.events.size(); ++i) {
    EXPECT_EQ(batch.events[i]->sequence, static_cast<int64_t>(i) + 1);
  }
}

TEST_P(StoreConformanceTest, AnIdStaysTakenAfterARestart) {
  SKIP_UNLESS_DURABLE();
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "first").ok());
  under_test_->Restart();
  EXPECT_TRUE(absl::IsAlreadyExists(blocking().Accept(TestEmail("a"), "second")));
  EXPECT_EQ(blocking().ReadContent("a").value(), "first");
}

}  // namespace
}  // namespace mailstrom::storage
