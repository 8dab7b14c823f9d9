#include "server/attempt_limiter.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

TEST(AttemptLimiterTest, ABurstThenOneEachInterval) {
  AttemptLimiter limiter({.burst = 3, .interval = absl::Seconds(6)});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(limiter.IsBlocked("a", kStart)) << i;
    limiter.CountFailure("a", kStart);
  }
  EXPECT_TRUE(limiter.IsBlocked("a", kStart));
  EXPECT_FALSE(limiter.IsBlocked("b", kStart));
  EXPECT_TRUE(limiter.IsBlocked("a", kStart + absl::Seconds(5)));
  EXPECT_FALSE(limiter.IsBlocked("a", kStart + absl::Seconds(6)));
  limiter.CountFailure("a", kStart + absl::Seconds(6));
  EXPECT_TRUE(limiter.IsBlocked("a", kStart + absl::Seconds(6)));
  // All is forgiven in the end.
  const absl::Time later = kStart + absl::Hours(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(limiter.IsBlocked("a", later)) << i;
    limiter.CountFailure("a", later);
  }
  EXPECT_TRUE(limiter.IsBlocked("a", later));
}

TEST(AttemptLimiterTest, ManySourcesTakeNoMoreMemoryAndShareOneCount) {
  AttemptLimiter limiter({.burst = 2, .interval = absl::Seconds(6), .max_sources = 100});
  for (int i = 0; i < 1000; ++i) limiter.CountFailure(absl::StrCat(i), kStart);
  EXPECT_EQ(limiter.size(), 100u);
  EXPECT_FALSE(limiter.IsBlocked("0", kStart));
  EXPECT_TRUE(limiter.IsBlocked("999", kStart));
  EXPECT_TRUE(limiter.IsBlocked("new", kStart));
  EXPECT_FALSE(limiter.IsBlocked("new", kStart, /*may_be_of_others=*/false));
  // Those that are forgiven make room.
  limiter.CountFailure("new", kStart + absl::Seconds(6));
  EXPECT_EQ(limiter.size(), 1u);
  EXPECT_FALSE(limiter.IsBlocked("new", kStart + absl::Seconds(6)));
}

}  // namespace
}  // namespace mailstrom::server
