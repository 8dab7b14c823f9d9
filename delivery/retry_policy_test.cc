#include "delivery/retry_policy.h"

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(RetryPolicyTest, OverridesChangeWhatTheyName) {
  storage::RetryOverrides overrides;
  overrides.max_retries = 0;
  overrides.multiplier = 3;
  RetryPolicy policy = WithOverrides(RetryPolicy(), overrides);
  EXPECT_EQ(policy.max_retries, 0);
  EXPECT_EQ(policy.multiplier, 3);
  EXPECT_EQ(policy.initial_delay, absl::Minutes(5));
  EXPECT_EQ(policy.max_delay, absl::Hours(4));
  overrides.initial_delay = absl::Seconds(1);
  overrides.max_delay = absl::Seconds(2);
  policy = WithOverrides(RetryPolicy(), overrides);
  EXPECT_EQ(policy.initial_delay, absl::Seconds(1));
  EXPECT_EQ(policy.max_delay, absl::Seconds(2));
}

}  // namespace
}  // namespace mailstrom::delivery
