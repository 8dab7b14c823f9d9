#include "delivery/release_pacer.h"

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// A site that gets `per_second` recipients done for a minute.
absl::Time Work(ReleasePacer& pacer, int per_second) {
  absl::Time now = kStart;
  for (int second = 0; second < 120; ++second) {
    now += absl::Seconds(1);
    pacer.OnDone(per_second, now);
  }
  return now;
}

TEST(ReleasePacerTest, LearnsThePace) {
  ReleasePacer pacer;
  Work(pacer, 200);
  EXPECT_NEAR(pacer.pace(), 200, 20);
}

TEST(ReleasePacerTest, SpreadsByThePace) {
  ReleasePacer pacer;
  const absl::Time now = Work(pacer, 100);
  const absl::Time first = pacer.NextTurn(1000, 1000, now);
  EXPECT_NEAR(absl::ToDoubleSeconds(first - now), 5, 1);
  const absl::Time second = pacer.NextTurn(1000, 1000, now);
  EXPECT_NEAR(absl::ToDoubleSeconds(second - first), 10, 1);
  absl::Time last = second;
  for (int i = 0; i < 20; ++i) last = pacer.NextTurn(1000, 1000, now);
  EXPECT_NEAR(absl::ToDoubleSeconds(last - now), 215, 20);
}

TEST(ReleasePacerTest, IsNeverSoonerOrLaterThanItsBounds) {
  ReleasePacer idle;
  EXPECT_EQ(idle.NextTurn(1, 0, kStart), kStart + absl::Seconds(5));
  for (int i = 0; i < 100; ++i) {
    const absl::Time turn = idle.NextTurn(1000, 100000, kStart);
    EXPECT_LE(turn, kStart + absl::Minutes(15));
  }
}

TEST(ReleasePacerTest, SlowSiteIsNotForgotten) {
  ReleasePacer pacer;
  absl::Time now = kStart;
  for (int i = 0; i < 100; ++i) {
    now += absl::Hours(1);
    pacer.OnDone(0, now);
  }
  EXPECT_DOUBLE_EQ(pacer.pace(), 0.1);
}

TEST(ReleasePacerTest, HorizonDoesNotStayInThePast) {
  ReleasePacer pacer;
  pacer.NextTurn(10, 0, kStart);
  const absl::Time later = kStart + absl::Hours(5);
  EXPECT_EQ(pacer.NextTurn(10, 0, later), later + absl::Seconds(5));
}

}  // namespace
}  // namespace mailstrom::delivery
