#include "delivery/expiring_set.h"

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

TEST(ExpiringSetTest, ForgetsInTime) {
  ExpiringSet set(10);
  set.Add("a", kNow + absl::Minutes(1), kNow);
  EXPECT_TRUE(set.Contains("a", kNow));
  EXPECT_TRUE(set.Contains("a", kNow + absl::Seconds(59)));
  EXPECT_FALSE(set.Contains("a", kNow + absl::Minutes(1)));
  EXPECT_FALSE(set.Contains("b", kNow));
}

TEST(ExpiringSetTest, LastEndCounts) {
  ExpiringSet set(10);
  set.Add("a", kNow + absl::Minutes(1), kNow);
  set.Add("a", kNow + absl::Minutes(5), kNow);
  EXPECT_TRUE(set.Contains("a", kNow + absl::Minutes(2)));
  set.Remove("a");
  EXPECT_FALSE(set.Contains("a", kNow));
}

TEST(ExpiringSetTest, IsBounded) {
  ExpiringSet set(2);
  set.Add("soon", kNow + absl::Minutes(1), kNow);
  set.Add("later", kNow + absl::Minutes(2), kNow);
  set.Add("latest", kNow + absl::Minutes(3), kNow);
  EXPECT_FALSE(set.Contains("soon", kNow));
  EXPECT_TRUE(set.Contains("later", kNow));
  EXPECT_TRUE(set.Contains("latest", kNow));
}

TEST(ExpiringSetTest, DropsTheDeadBeforeTheLiving) {
  ExpiringSet set(2);
  set.Add("dead", kNow, kNow);
  set.Add("living", kNow + absl::Minutes(1), kNow);
  set.Add("new", kNow + absl::Minutes(9), kNow + absl::Seconds(1));
  EXPECT_TRUE(set.Contains("living", kNow));
  EXPECT_TRUE(set.Contains("new", kNow));
}

}  // namespace
}  // namespace mailstrom::delivery
