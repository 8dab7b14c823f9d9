#include "delivery/backoff_policy.h"

#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

RetryPolicy Policy() {
  RetryPolicy policy;
  policy.initial_delay = absl::Minutes(5);
  policy.multiplier = 2;
  policy.max_delay = absl::Hours(4);
  policy.jitter = 0.1;
  return policy;
}

TEST(BackoffPolicyTest, DoublesUntilTheCap) {
  std::vector<absl::Duration> schedule;
  for (int retry = 1; retry <= 8; ++retry) schedule.push_back(RetryDelay(Policy(), retry, 0));
  EXPECT_EQ(schedule, (std::vector<absl::Duration>{
                          absl::Minutes(5), absl::Minutes(10), absl::Minutes(20), absl::Minutes(40),
                          absl::Minutes(80), absl::Minutes(160), absl::Hours(4), absl::Hours(4)}));
}

TEST(BackoffPolicyTest, JitterLengthensOnly) {
  EXPECT_EQ(RetryDelay(Policy(), 1, 0), absl::Minutes(5));
  EXPECT_EQ(RetryDelay(Policy(), 1, 0.5), absl::Seconds(315));
  EXPECT_EQ(RetryDelay(Policy(), 1, 1), absl::Seconds(330));
  EXPECT_EQ(RetryDelay(Policy(), 20, 0), absl::Hours(4));
  EXPECT_EQ(RetryDelay(Policy(), 20, 1), absl::Minutes(264));
}

TEST(BackoffPolicyTest, JitterIsBoundedWhateverThePolicySays) {
  RetryPolicy policy = Policy();
  policy.jitter = 7;
  EXPECT_EQ(RetryDelay(policy, 1, 1), absl::Minutes(10));
  policy.jitter = -1;
  EXPECT_EQ(RetryDelay(policy, 1, 1), absl::Minutes(5));
  EXPECT_EQ(RetryDelay(Policy(), 1, 9), absl::Seconds(330));
}

TEST(BackoffPolicyTest, DoesNotOverflow) {
  EXPECT_EQ(RetryDelay(Policy(), std::numeric_limits<int>::max(), 0), absl::Hours(4));
  RetryPolicy policy = Policy();
  policy.multiplier = std::numeric_limits<double>::infinity();
  EXPECT_EQ(RetryDelay(policy, 1, 0), absl::Minutes(5));
  EXPECT_EQ(RetryDelay(policy, 2, 0), absl::Hours(4));
  policy.max_delay = absl::InfiniteDuration();
  EXPECT_LT(RetryDelay(policy, 2, 1), absl::InfiniteDuration());
}

TEST(BackoffPolicyTest, NeverShrinksNorSpins) {
  RetryPolicy policy = Policy();
  policy.multiplier = 0.5;
  EXPECT_EQ(RetryDelay(policy, 5, 0), absl::Minutes(5));
  policy.initial_delay = absl::ZeroDuration();
  policy.max_delay = -absl::Seconds(1);
  EXPECT_EQ(RetryDelay(policy, 1, 0), absl::Milliseconds(100));
  EXPECT_EQ(RetryDelay(policy, 0, 0), absl::Milliseconds(100));
}

TEST(BackoffPolicyTest, CapBelowInitialDelayRules) {
  RetryPolicy policy = Policy();
  policy.max_delay = absl::Minutes(1);
  EXPECT_EQ(RetryDelay(policy, 1, 0), absl::Minutes(1));
}

}  // namespace
}  // namespace mailstrom::delivery
