#include "storage/oldest_email.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

TEST(OldestEmailTest, GoesOnAsEmailsSettle) {
  const auto store =
      OpenRocksDbStore({.path = absl::StrCat(testing::TempDir(), "/oldest_email")}).value();
  BlockingStore blocking(*store);
  EXPECT_EQ(store->OldestQueued().value(), absl::InfiniteFuture());
  for (int i = 0; i < 3; ++i) {
    Email email = TestEmail(absl::StrCat("e", i), 2);
    email.record.accept_time = kTestStart + absl::Minutes(i);
    ASSERT_TRUE(blocking.Accept(email, "content").ok());
  }
  EXPECT_EQ(store->OldestQueued().value(), kTestStart);

  std::map<std::string, std::vector<Outcome>> outcomes;
  for (const ClaimedRecipient& claimed : AllOf(blocking.ClaimDue(kTestStart, 9).value())) {
    outcomes[claimed.claim.email_id].push_back(Delivered(claimed));
  }
  // The first is half done, the second is done.
  ASSERT_TRUE(blocking.RecordOutcomes({outcomes["e0"][0]}).ok());
  ASSERT_TRUE(blocking.RecordOutcomes(outcomes["e1"]).ok());
  EXPECT_EQ(store->OldestQueued().value(), kTestStart);
  ASSERT_TRUE(blocking.RecordOutcomes({outcomes["e0"][1]}).ok());
  EXPECT_EQ(store->OldestQueued().value(), kTestStart + absl::Minutes(2));
  ASSERT_TRUE(blocking.RecordOutcomes(outcomes["e2"]).ok());
  EXPECT_EQ(store->OldestQueued().value(), absl::InfiniteFuture());
  ASSERT_TRUE(blocking.Accept(TestEmail("e3"), "content").ok());
  EXPECT_EQ(store->OldestQueued().value(), kTestStart);
}

}  // namespace
}  // namespace mailstrom::storage
