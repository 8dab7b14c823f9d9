#include "storage/claim_table.h"

#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

const absl::Time kDue = absl::FromUnixSeconds(1000);

TEST(ClaimTableTest, OneRecipientHasOneClaim) {
  ClaimTable table(1);
  const std::optional<Claim> claim = table.Take("a", 1, kDue);
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(claim->email_id, "a");
  EXPECT_EQ(claim->recipient_index, 1);
  EXPECT_EQ(claim->due_time, kDue);
  EXPECT_FALSE(table.Take("a", 1, kDue).has_value());
  EXPECT_TRUE(table.Take("a", 2, kDue).has_value());
  EXPECT_TRUE(table.Take("b", 1, kDue).has_value());
}

TEST(ClaimTableTest, AnEarlierClaimIsStaleForGood) {
  ClaimTable table(1);
  const Claim first = *table.Take("a", 0, kDue);
  table.End(first);
  EXPECT_FALSE(table.Holds(first));
  const Claim second = *table.Take("a", 0, kDue);
  EXPECT_FALSE(table.Holds(first));
  EXPECT_TRUE(table.Holds(second));
  table.End(first);
  EXPECT_TRUE(table.Holds(second));
  EXPECT_TRUE(table.IsClaimed("a", 0));
}

TEST(ClaimTableTest, KeepsWhatBelongsToAClaim) {
  ClaimTable table(1);
  Claim claim = *table.Take("a", 0, kDue);
  EXPECT_EQ(table.Find(claim)->record, nullptr);
  const auto record = std::make_shared<const EmailRecord>();
  table.Attach(claim, record);
  EXPECT_EQ(table.Find(claim)->record, record);
  claim.due_time = absl::UnixEpoch();
  EXPECT_EQ(table.Find(claim)->due_time, kDue);
  table.End(claim);
  EXPECT_FALSE(table.Find(claim).has_value());
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace mailstrom::storage
