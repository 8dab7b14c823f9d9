#include "storage/due_queue.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "storage/record_codec.h"

namespace mailstrom::storage {
namespace {

constexpr int64_t kAnyTime = int64_t{1} << 60;

DueKey Key(int64_t nanos, const std::string& id = "a", int index = 0) { return {nanos, id, index}; }

std::vector<std::string> Ids(const std::vector<Claim>& claims) {
  std::vector<std::string> ids;
  for (const Claim& claim : claims) ids.push_back(claim.email_id);
  return ids;
}

using Strings = std::vector<std::string>;

// A queue that has scanned an empty disk.
std::unique_ptr<DueQueue> EmptyQueue(size_t max_known = 100) {
  auto queue = std::make_unique<DueQueue>(max_known, 1);
  queue->EndScan(queue->BeginScan(), {}, true);
  return queue;
}

TEST(DueQueueTest, KnowsNothingBeforeAScan) {
  DueQueue queue(100, 1);
  queue.Add({Key(1)});
  EXPECT_TRUE(queue.Take(kAnyTime, 9).empty());
  EXPECT_EQ(queue.NextDue(), std::nullopt);
  queue.EndScan(queue.BeginScan(), {Key(1)}, true);
  EXPECT_EQ(queue.NextDue(), FromNanos(1));
  EXPECT_EQ(Ids(queue.Take(kAnyTime, 9)), Strings({"a"}));
  EXPECT_EQ(queue.NextDue(), absl::InfiniteFuture());
}

TEST(DueQueueTest, TakesEarliestFirstUpToNow) {
  const auto queue = EmptyQueue();
  queue->Add({Key(30, "c"), Key(10, "a"), Key(20, "b"), Key(40, "d")});
  EXPECT_EQ(Ids(queue->Take(30, 2)), Strings({"a", "b"}));
  EXPECT_EQ(Ids(queue->Take(30, 2)), Strings({"c"}));
  EXPECT_EQ(queue->NextDue(), FromNanos(40));
}

TEST(DueQueueTest, APartialScanLeavesTheRestUnknown) {
  DueQueue queue(100, 1);
  queue.EndScan(queue.BeginScan(), {Key(10, "a"), Key(20, "b")}, false);
  queue.Add({Key(15, "known"), Key(25, "unknown")});
  EXPECT_EQ(Ids(queue.Take(kAnyTime, 9)), Strings({"a", "known", "b"}));
  EXPECT_EQ(queue.NextDue(), std::nullopt);
  const DueQueue::Scan scan = queue.BeginScan();
  EXPECT_EQ(scan.after, Key(20, "b"));
  queue.EndScan(scan, {Key(25, "unknown")}, true);
  EXPECT_EQ(Ids(queue.Take(kAnyTime, 9)), Strings({"unknown"}));
}

TEST(DueQueueTest, WhatIsAddedDuringAScanIsNotOverlooked) {
  DueQueue queue(100, 1);
  const DueQueue::Scan scan = queue.BeginScan();
  queue.Add({Key(15, "missed by the scan"), Key(20, "seen by the scan"), Key(99, "beyond")});
  queue.EndScan(scan, {Key(10, "a"), Key(20, "seen by the scan"), Key(30, "b")}, false);
  EXPECT_EQ(Ids(queue.Take(kAnyTime, 9)),
            Strings({"a", "missed by the scan", "seen by the scan", "b"}));
  EXPECT_EQ(queue.NextDue(), std::nullopt);
}

TEST(DueQueueTest, ForgetsTheLatestWhenFullAndScansForThemLater) {
  const auto queue = EmptyQueue(/*max_known=*/3);
  queue->Add({Key(10, "a"), Key(20, "b"), Key(30, "c"), Key(40, "d"), Key(15, "e")});
  EXPECT_EQ(Ids(queue->Take(kAnyTime, 9)), Strings({"a", "e", "b"}));
  EXPECT_EQ(queue->NextDue(), std::nullopt);
  const DueQueue::Scan scan = queue->BeginScan();
  EXPECT_EQ(scan.after, Key(20, "b"));
  queue->EndScan(scan, {Key(30, "c"), Key(40, "d")}, true);
  EXPECT_EQ(Ids(queue->Take(kAnyTime, 9)), Strings({"c", "d"}));
  EXPECT_EQ(queue->NextDue(), absl::InfiniteFuture());
}

TEST(DueQueueTest, AScanThatBeganBehindATrimIsThrownAway) {
  DueQueue queue(/*max_known=*/2, 1);
  queue.EndScan(queue.BeginScan(), {Key(10, "a"), Key(50, "b")}, false);
  const DueQueue::Scan scan = queue.BeginScan();
  queue.Add({Key(20, "c")});
  queue.EndScan(scan, {Key(60, "d")}, true);
  EXPECT_EQ(Ids(queue.Take(kAnyTime, 9)), Strings({"a", "c"}));
  // "b" would have been lost, had the scan's word been taken.
  EXPECT_EQ(queue.NextDue(), std::nullopt);
  EXPECT_EQ(queue.BeginScan().after, Key(20, "c"));
}

TEST(DueQueueTest, ClaimedRecipientsArePassedOver) {
  const auto queue = EmptyQueue();
  queue->Add({Key(10, "a")});
  const std::vector<Claim> claims = queue->Take(kAnyTime, 9);
  ASSERT_EQ(claims.size(), 1u);
  queue->Add({Key(11, "a")});
  EXPECT_TRUE(queue->Take(kAnyTime, 9).empty());
  EXPECT_TRUE(queue->Holds(claims[0]));

  queue->Requeue(claims[0], 20);
  EXPECT_FALSE(queue->Holds(claims[0]));
  EXPECT_TRUE(queue->Take(19, 9).empty());
  const std::vector<Claim> again = queue->Take(20, 9);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].due_time, FromNanos(20));
  queue->End({again[0]});
  EXPECT_FALSE(queue->Holds(again[0]));
  EXPECT_EQ(queue->NextDue(), absl::InfiniteFuture());
}

TEST(DueQueueTest, AScanDoesNotBringBackWhatIsClaimed) {
  DueQueue queue(/*max_known=*/1, 1);
  queue.EndScan(queue.BeginScan(), {Key(10, "a"), Key(20, "b")}, true);
  const std::vector<Claim> first = queue.Take(kAnyTime, 9);
  EXPECT_EQ(Ids(first), Strings({"a"}));
  queue.EndScan(queue.BeginScan(), {Key(20, "b")}, true);
  const std::vector<Claim> second = queue.Take(kAnyTime, 9);
  EXPECT_EQ(Ids(second), Strings({"b"}));
  queue.Requeue(first[0], 10);
  queue.Requeue(second[0], 20);
  EXPECT_EQ(Ids(queue.Take(kAnyTime, 9)), Strings({"a"}));
  queue.EndScan(queue.BeginScan(), {Key(20, "b")}, true);
  EXPECT_EQ(Ids(queue.Take(kAnyTime, 9)), Strings({"b"}));
}

}  // namespace
}  // namespace mailstrom::storage
