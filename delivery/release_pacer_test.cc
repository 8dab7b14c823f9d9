#include "delivery/release_pacer.h"

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// A site that gets `per_second` recipients done for two minutes, while others wait.
absl::Time Work(ReleasePacer& pacer, int per_second) {
  absl::Time now = kStart;
  for (int second = 0; second < 120; ++second) {
    now += absl::Seconds(1);
    pacer.OnDone(per_second, /*is_last=*/false, now);
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
    pacer.OnDone(0, /*is_last=*/false, now);
  }
  EXPECT_DOUBLE_EQ(pacer.pace(), 0.1);
}

TEST(ReleasePacerTest, NewSiteIsTakenToBeQuickAndThenForWhatItIs) {
  ReleasePacer pacer;
  EXPECT_EQ(pacer.NextTurn(10, 400, kStart), kStart + absl::Seconds(5));
  absl::Time now = kStart;
  for (int second = 0; second < 15; ++second) {
    now += absl::Seconds(1);
    pacer.OnDone(2, /*is_last=*/false, now);
  }
  EXPECT_NEAR(pacer.pace(), 2, 0.1);
  ReleasePacer early;
  for (int second = 0; second < 4; ++second) {
    early.OnDone(2, /*is_last=*/false, kStart + absl::Seconds(second));
  }
  EXPECT_NEAR(absl::ToDoubleSeconds(early.NextTurn(10, 400, kStart + absl::Seconds(3)) - kStart),
              100, 10);
  EXPECT_NEAR(absl::ToDoubleSeconds(pacer.NextTurn(10, 400, now) - now), 100, 10);
}

TEST(ReleasePacerTest, IdleTimeTellsNoPace) {
  ReleasePacer pacer;
  absl::Time now = Work(pacer, 200);
  pacer.OnDone(1, /*is_last=*/true, now);
  for (int i = 0; i < 100; ++i) {
    // Two at a time, now and then.
    now += absl::Minutes(10);
    pacer.OnDone(1, /*is_last=*/false, now);
    pacer.OnDone(1, /*is_last=*/true, now + absl::Milliseconds(5));
  }
  EXPECT_NEAR(pacer.pace(), 200, 20);
}

TEST(ReleasePacerTest, TimeIsNotIdleWhileSomethingIsPutOff) {
  ReleasePacer pacer;
  absl::Time now = kStart;
  // One recipient in half a minute, then everything is put away again.
  for (int i = 0; i < 20; ++i) {
    pacer.NextTurn(6000, 100, now);
    now += absl::Seconds(30);
    pacer.OnDone(1, /*is_last=*/true, now);
  }
  EXPECT_LT(pacer.pace(), 1);
}

TEST(ReleasePacerTest, HorizonDoesNotStayInThePast) {
  ReleasePacer pacer;
  pacer.NextTurn(10, 0, kStart);
  const absl::Time later = kStart + absl::Hours(5);
  EXPECT_EQ(pacer.NextTurn(10, 0, later), later + absl::Seconds(5));
}

}  // namespace
}  // namespace mailstrom::delivery
