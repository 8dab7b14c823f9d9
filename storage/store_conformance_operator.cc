// What operators see of the queue, and do to it.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "storage/store_conformance.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

using Strings = std::vector<std::string>;

const absl::Time kLater = kTestStart + absl::Hours(5);

// All pages, as `email_id/index`.
Strings ListAll(Store& store, QueueQuery query) {
  Strings found;
  for (int pages = 0; pages < 1000; ++pages) {
    const absl::StatusOr<QueuePage> page = BlockingStore(store).ListQueue(query);
    if (!page.ok()) return {page.status().ToString()};
    EXPECT_LE(static_cast<int>(page->recipients.size()), query.page_size);
    for (const QueuedRecipient& queued : page->recipients) {
      found.push_back(absl::StrCat(queued.record->email_id, "/", queued.recipient_index));
    }
    if (page->next.empty()) return found;
    query.after = page->next;
  }
  return {"a queue without end"};
}

Email To(const std::string& id, const std::string& address, absl::Time due = kTestStart) {
  Email email = TestEmail(id, 1, due);
  email.recipients[0].address = address;
  return email;
}

TEST_P(StoreConformanceTest, TheQueueIsListedInTheOrderInWhichItIsDue) {
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(blocking()
                    .Accept(TestEmail(absl::StrCat("e", i), i % 2 + 1,
                                      kTestStart + absl::Seconds((i * 3) % 7)),
                            "")
                    .ok());
  }
  const Strings want = {"e0/0", "e5/0", "e5/1", "e3/0", "e3/1",
                        "e1/0", "e1/1", "e6/0", "e4/0", "e2/0"};
  for (const int page_size : {1, 2, 3, 100}) {
    EXPECT_EQ(ListAll(store(), {.page_size = page_size}), want) << page_size;
  }
  // Those that are claimed are in the queue, those that are settled are not.
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value());
  EXPECT_EQ(ListAll(store(), {}), want);
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(claimed.at(0))}).ok());
  EXPECT_EQ(ListAll(store(), {}), Strings(want.begin() + 1, want.end()));
  EXPECT_EQ(ListAll(store(), {.email_id = "e3"}), (Strings{"e3/0", "e3/1"}));
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().ListQueue({.after = "?"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().ListQueue({.page_size = 0}).status()));
}

TEST_P(StoreConformanceTest, TheQueueIsCountedByDomain) {
  ASSERT_TRUE(blocking().Accept(To("a", "x@one.example"), "").ok());
  ASSERT_TRUE(blocking().Accept(To("b", "y@ONE.example", kLater), "").ok());
  ASSERT_TRUE(blocking().Accept(To("c", "x@two.example"), "").ok());
  ASSERT_TRUE(blocking().Accept(To("d", "x@three.example"), "").ok());
  const ClaimedRecipient done = AllOf(blocking().ClaimDue(kTestStart, 9).value()).at(2);
  ASSERT_EQ(done.claim.email_id, "d");
  ASSERT_TRUE(blocking().RecordOutcomes({Delivered(done)}).ok());
  const QueueSummary summary = blocking().SummarizeQueue(1).value();
  ASSERT_EQ(summary.domains.size(), 1u);
  EXPECT_EQ(summary.domains[0].domain, "one.example");
  EXPECT_EQ(summary.domains[0].recipients, 2);
  EXPECT_EQ(summary.domains[0].next_due, kTestStart);
  EXPECT_EQ(summary.others.recipients, 1);
}

TEST_P(StoreConformanceTest, ALongQueueIsCountedAndListedWhole) {
  // More than any back end looks at in one go.
  constexpr int kRecipients = 2500;
  ASSERT_TRUE(blocking().Accept(TestEmail("a", kRecipients), "").ok());
  const QueueSummary summary = blocking().SummarizeQueue(1000).value();
  int64_t counted = summary.others.recipients;
  for (const DomainQueue& queue : summary.domains) counted += queue.recipients;
  EXPECT_EQ(counted, kRecipients);
  EXPECT_EQ(ListAll(store(), {.page_size = 1000}).size(), static_cast<size_t>(kRecipients));
}

TEST_P(StoreConformanceTest, WhatIsHeldIsMarkedUntilItIsMadeDue) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "").ok());
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 9).value());
  ASSERT_TRUE(blocking().Hold({claimed.at(0).claim}, kLater).ok());
  ASSERT_TRUE(blocking().Release({claimed.at(1).claim}, kLater).ok());
  EXPECT_EQ(store().LastSequence(), 2) << "holding makes no event";
  EXPECT_TRUE(AllOf(blocking().ClaimDue(kLater - absl::Seconds(1), 9).value()).empty());
  EXPECT_EQ(ListAll(store(), {.held = true}), Strings{"a/0"});
  if (under_test_->is_durable()) {
    under_test_->Crash();
    EXPECT_EQ(ListAll(store(), {.held = true}), Strings{"a/0"});
  }

  const absl::Time now = kTestStart + absl::Minutes(1);
  const ChangedCounts counts =
      blocking().ChangeQueued({{"a", 0}}, QueueChange::kMakeDue, now).value();
  EXPECT_EQ(counts.changed, 1);
  EXPECT_EQ(counts.claimed, 0);
  EXPECT_EQ(ListAll(store(), {.held = true}), Strings());
  const std::vector<ClaimedRecipient> again = AllOf(blocking().ClaimDue(now, 9).value());
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].claim.recipient_index, 0);
  EXPECT_EQ(again[0].recipient.attempt_count, 0);
  EXPECT_EQ(again[0].recipient.next_attempt_time, now);
}

TEST_P(StoreConformanceTest, AnOutcomeEndsTheHold) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "").ok());
  ASSERT_TRUE(blocking()
                  .Hold({AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0).claim}, kLater)
                  .ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kLater, 1).value()).at(0);
  EXPECT_TRUE(claimed.recipient.held);
  ASSERT_TRUE(blocking().RecordOutcomes({Deferred(claimed, kLater + absl::Hours(1))}).ok());
  EXPECT_FALSE(blocking().ReadEmail("a")->recipients[0].held);
  EXPECT_FALSE(blocking().ReadEvents(1, 1)->events.at(0)->recipient.held);
}

TEST_P(StoreConformanceTest, OnlyWhatNobodyHasClaimedIsChanged) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "content").ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("b", 1, kLater), "").ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  const absl::Time now = kTestStart + absl::Minutes(1);
  for (const QueueChange change : {QueueChange::kMakeDue, QueueChange::kCancel}) {
    const ChangedCounts none =
        blocking().ChangeQueued({{"nobody", 0}, {"a", 7}}, change, now).value();
    EXPECT_EQ(none.changed + none.claimed, 0);
  }
  // What is due is due already.
  const ChangedCounts due =
      blocking().ChangeQueued({{"a", 0}, {"a", 1}, {"b", 0}}, QueueChange::kMakeDue, now).value();
  EXPECT_EQ(due.changed, 1);
  EXPECT_EQ(due.claimed, 0);
  EXPECT_EQ(blocking().ReadEmail("b")->recipients[0].next_attempt_time, now);

  const ChangedCounts cancelled =
      blocking().ChangeQueued({{"a", 0}, {"a", 1}}, QueueChange::kCancel, now).value();
  EXPECT_EQ(cancelled.changed, 1);
  EXPECT_EQ(cancelled.claimed, 1);
  const Email email = blocking().ReadEmail("a").value();
  const int other = 1 - claimed.claim.recipient_index;
  EXPECT_EQ(email.recipients[other].state, RecipientState::kFailed);
  EXPECT_EQ(email.recipients[other].failure_cause, FailureCause::kCancelled);
  EXPECT_EQ(blocking().ReadEvents(3, 9)->events.at(0)->event_time, now);
  // The one that is claimed goes on, and settles the email.
  EXPECT_TRUE(blocking().ReadContent("a").ok());
  ASSERT_TRUE(blocking().RecordOutcomes({Deferred(claimed, kLater)}).ok());
  EXPECT_EQ(blocking().ChangeQueued({{"a", 0}, {"a", 1}}, QueueChange::kCancel, now)->changed, 1);
  EXPECT_TRUE(blocking().ReadEmail("a")->settled());
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadContent("a").status()));
  EXPECT_EQ(store().Totals(), (QueueTotals{.emails = 1, .bytes = 0, .recipients = 1}));
  if (!under_test_->is_durable()) return;
  under_test_->Crash();
  EXPECT_TRUE(blocking().ReadEmail("a")->settled());
  EXPECT_EQ(AllOf(blocking().ClaimDue(now, 9).value()).size(), 1u);
}

StandingOrder Suspend(OrderScope::Kind kind, const std::string& value) {
  StandingOrder order;
  order.scope = {kind, "", value};
  order.author = "anna";
  order.reason = "moves house";
  order.create_time = kTestStart;
  return order;
}

Strings Texts(const std::vector<StandingOrder>& orders) {
  Strings texts;
  for (const StandingOrder& order : orders) {
    texts.push_back(absl::StrCat(static_cast<int>(order.kind), " ",
                                 static_cast<int>(order.scope.kind), " ", order.scope.name, "=",
                                 order.scope.value, " ", order.host, ":", order.port, " ",
                                 order.author, ": ", order.reason, order.lifted ? " lifted" : "",
                                 " ", absl::FormatDuration(order.create_time - kTestStart), " ",
                                 absl::FormatDuration(order.expire_time - kTestStart)));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

TEST_P(StoreConformanceTest, OrdersStandUntilTheyAreDropped) {
  StandingOrder first = Suspend(OrderScope::Kind::kDomain, "example.org");
  first.expire_time = kTestStart + absl::Hours(1);
  StandingOrder tag = Suspend(OrderScope::Kind::kTag, "7");
  tag.scope.name = "run";
  StandingOrder route = Suspend(OrderScope::Kind::kDomain, "example.org");
  route.kind = StandingOrder::Kind::kReroute;
  route.host = "mx.example.net";
  route.port = 2525;
  for (const StandingOrder& order : {first, tag, route}) {
    ASSERT_TRUE(blocking().PutOrder(order).ok());
  }
  first.lifted = true;
  first.reason = "is there";
  ASSERT_TRUE(blocking().PutOrder(first).ok());
  const Strings want = {"1 2 =example.org :0 anna: is there lifted 0 1h",
                        "1 4 run=7 :0 anna: moves house 0 inf",
                        "2 2 =example.org mx.example.net:2525 anna: moves house 0 inf"};
  EXPECT_EQ(Texts(blocking().ListOrders().value()), want);
  if (under_test_->is_durable()) {
    under_test_->Crash();
    EXPECT_EQ(Texts(blocking().ListOrders().value()), want);
  }
  ASSERT_TRUE(blocking().DropOrder(first).ok());
  ASSERT_TRUE(blocking().DropOrder(first).ok()) << "again";
  EXPECT_EQ(Texts(blocking().ListOrders().value()), Strings(want.begin() + 1, want.end()));
}

TEST_P(StoreConformanceTest, OrdersAreBoundedInNumber) {
  for (size_t i = 0; i < kMaxOrders; ++i) {
    ASSERT_TRUE(blocking().PutOrder(Suspend(OrderScope::Kind::kDomain, absl::StrCat("d", i))).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(
      blocking().PutOrder(Suspend(OrderScope::Kind::kDomain, "one.too.many"))));
  EXPECT_TRUE(blocking().PutOrder(Suspend(OrderScope::Kind::kDomain, "d7")).ok());
  EXPECT_EQ(blocking().ListOrders()->size(), kMaxOrders);
}

}  // namespace
}  // namespace mailstrom::storage
