#include "delivery/token_bucket.h"

#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// How often it may happen in `length`, asked every 10 ms.
int CountIn(TokenBucket& bucket, absl::Duration length) {
  int count = 0;
  for (absl::Time now = kStart; now < kStart + length; now += absl::Milliseconds(10)) {
    while (bucket.Available(now)) {
      bucket.Spend(1, now);
      if (++count > 1000000) return count;
    }
  }
  return count;
}

TEST(TokenBucketTest, HoldsTheRate) {
  for (const double rate : {0.1, 1.0, 2.5, 10.0, 50.0}) {
    TokenBucket bucket;
    bucket.SetRate(rate);
    const int burst = rate > 1 ? static_cast<int>(rate) : 1;
    const int count = CountIn(bucket, absl::Seconds(100));
    EXPECT_GE(count, static_cast<int>(rate * 100) - 1) << rate;
    EXPECT_LE(count, static_cast<int>(rate * 100) + burst + 1) << rate;
  }
}

TEST(TokenBucketTest, NoRateIsNoLimit) {
  TokenBucket bucket;
  EXPECT_TRUE(bucket.Available(kStart));
  bucket.Spend(1e9, kStart);
  EXPECT_TRUE(bucket.Available(kStart));
}

TEST(TokenBucketTest, SlowRatesLetOneThroughAtATime) {
  TokenBucket bucket;
  bucket.SetRate(1.0 / 60);
  EXPECT_TRUE(bucket.Available(kStart));
  bucket.Spend(1, kStart);
  EXPECT_FALSE(bucket.Available(kStart + absl::Seconds(59)));
  EXPECT_EQ(bucket.NextAvailable(), kStart + absl::Minutes(1));
}

TEST(TokenBucketTest, DebtIsWaitedFor) {
  TokenBucket bucket;
  bucket.SetRate(10);
  bucket.Spend(100, kStart);
  EXPECT_FALSE(bucket.Available(kStart + absl::Seconds(9)));
  EXPECT_TRUE(bucket.Available(kStart + absl::Milliseconds(9101)));
}

TEST(TokenBucketTest, IdleTimeSavesOneBurstOnly) {
  TokenBucket bucket;
  bucket.SetRate(5);
  bucket.Spend(1, kStart - absl::Hours(10));
  int count = 0;
  while (bucket.Available(kStart)) {
    bucket.Spend(1, kStart);
    ++count;
  }
  EXPECT_EQ(count, 5);
}

}  // namespace
}  // namespace mailstrom::delivery
