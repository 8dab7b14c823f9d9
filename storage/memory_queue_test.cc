#include "storage/memory_queue.h"

#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);

class MemoryQueueTest : public testing::Test {
 protected:
  // The email whose recipient is claimed; empty: none is due.
  std::string ClaimNext(absl::Time now) {
    const std::optional<QueuePlace> place = queue_.Claim(now);
    return place.has_value() ? place->email_id : "";
  }

  absl::StatusOr<QueuePage> List(const QueueQuery& query) {
    return queue_.List(query,
                       [&](const QueuePlace&) { return MemoryQueue::Entry{record_, recipient_}; });
  }

  const std::shared_ptr<const EmailRecord> record_ = std::make_shared<const EmailRecord>();
  Recipient recipient_;
  MemoryQueue queue_;
};

TEST_F(MemoryQueueTest, ClaimsWhatIsDueInTheOrderOfItsTime) {
  queue_.Add({kNow, "b", 0});
  queue_.Add({kNow - absl::Hours(1), "c", 0});
  queue_.Add({kNow + absl::Hours(1), "a", 0});
  EXPECT_EQ(queue_.NextDue(), kNow - absl::Hours(1));
  EXPECT_EQ(ClaimNext(kNow), "c");
  EXPECT_EQ(ClaimNext(kNow), "b");
  EXPECT_EQ(ClaimNext(kNow), "");
  EXPECT_EQ(queue_.NextDue(), kNow + absl::Hours(1));
  EXPECT_EQ(ClaimNext(kNow + absl::Hours(1)), "a");
  EXPECT_EQ(queue_.NextDue(), absl::InfiniteFuture());
  EXPECT_EQ(ClaimNext(absl::InfiniteFuture()), "");
}

TEST_F(MemoryQueueTest, ClaimedRecipientKeepsItsPlace) {
  queue_.Add({kNow, "a", 0});
  EXPECT_EQ(ClaimNext(kNow), "a");
  EXPECT_EQ(List({})->recipients.size(), 1u);
  queue_.Unclaim({kNow, "a", 0});
  EXPECT_EQ(ClaimNext(kNow), "a");
}

TEST_F(MemoryQueueTest, RemovedRecipientIsGoneClaimedOrNot) {
  queue_.Add({kNow, "a", 0});
  queue_.Add({kNow, "b", 0});
  EXPECT_EQ(ClaimNext(kNow), "a");
  queue_.Remove({kNow, "a", 0});
  queue_.Remove({kNow, "b", 0});
  EXPECT_TRUE(List({})->recipients.empty());
  EXPECT_EQ(ClaimNext(kNow), "");
}

TEST_F(MemoryQueueTest, PagesGoOnWhereTheLastOneEnded) {
  for (int i = 0; i < 5; ++i) queue_.Add({kNow, "a", i});
  QueueQuery query;
  query.page_size = 2;
  int next = 0;
  for (int pages = 0; pages < 3; ++pages) {
    const absl::StatusOr<QueuePage> page = List(query);
    ASSERT_TRUE(page.ok());
    for (const QueuedRecipient& queued : page->recipients) {
      EXPECT_EQ(queued.recipient_index, next++);
    }
    query.after = page->next;
  }
  EXPECT_EQ(next, 5);
  EXPECT_EQ(query.after, "");
}

TEST_F(MemoryQueueTest, RefusesAPlaceThatIsNone) {
  QueueQuery query;
  query.after = "nowhere";
  EXPECT_TRUE(absl::IsInvalidArgument(List(query).status()));
  query.after = "";
  query.page_size = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(List(query).status()));
}

TEST_F(MemoryQueueTest, SummaryCountsAll) {
  recipient_.address = "a@a.test";
  for (int i = 0; i < 3; ++i) queue_.Add({kNow, "a", i});
  EXPECT_EQ(ClaimNext(kNow), "a");
  const QueueSummary summary = queue_.Summarize(
      10, [&](const QueuePlace&) { return MemoryQueue::Entry{record_, recipient_}; });
  ASSERT_EQ(summary.domains.size(), 1u);
  EXPECT_EQ(summary.domains[0].domain, "a.test");
  EXPECT_EQ(summary.domains[0].recipients, 3);
}

}  // namespace
}  // namespace mailstrom::storage
