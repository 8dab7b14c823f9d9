#include "delivery/site_health.h"

#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using Advice = SiteHealth::Advice;
using Effect = Verdict::SiteEffect;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class SiteHealthTest : public testing::Test {
 protected:
  // An attempt of one second.
  bool Attempt(Effect effect) {
    const absl::Time start = now_;
    now_ += absl::Seconds(1);
    return health_.OnAttempt(effect, start, now_, 0);
  }

  absl::Time now_ = kStart;
  SiteHealth health_{SiteHealthOptions()};
};

TEST_F(SiteHealthTest, StartsLowAndGrowsToTheLimit) {
  std::vector<int> limits;
  for (int i = 0; i < 20; ++i) {
    limits.push_back(health_.Limit(now_));
    Attempt(Effect::kAlive);
  }
  EXPECT_EQ(limits[0], 5);
  EXPECT_EQ(limits[1], 6);
  EXPECT_EQ(health_.Limit(now_), 20);
}

TEST_F(SiteHealthTest, HalvesWhenAskedForLess) {
  for (int i = 0; i < 20; ++i) Attempt(Effect::kAlive);
  Attempt(Effect::kBusy);
  EXPECT_EQ(health_.Limit(now_), 10);
  Attempt(Effect::kBusy);
  EXPECT_EQ(health_.Limit(now_), 5);
  for (int i = 0; i < 10; ++i) Attempt(Effect::kBusy);
  EXPECT_EQ(health_.Limit(now_), 1);
}

TEST_F(SiteHealthTest, SiteWithoutRoomIsAskedForLessThenLeftAlone) {
  for (int i = 0; i < 20; ++i) Attempt(Effect::kAlive);
  for (const int limit : {10, 5, 2, 1}) {
    EXPECT_FALSE(Attempt(Effect::kFull));
    EXPECT_EQ(health_.Limit(now_), limit);
  }
  EXPECT_FALSE(Attempt(Effect::kFull));
  EXPECT_FALSE(Attempt(Effect::kFull));
  EXPECT_TRUE(Attempt(Effect::kFull)) << "not even one connection is taken";
  now_ = health_.suspended_until();
  EXPECT_TRUE(Attempt(Effect::kFull));
  EXPECT_EQ(health_.suspended_until() - now_, absl::Minutes(2));
  now_ = health_.suspended_until();
  EXPECT_FALSE(Attempt(Effect::kAlive));
  EXPECT_EQ(health_.Limit(now_), 2);
}

TEST_F(SiteHealthTest, GrowsByOneARoundAfterwards) {
  for (int i = 0; i < 20; ++i) Attempt(Effect::kAlive);
  Attempt(Effect::kBusy);
  for (int i = 0; i < 9; ++i) Attempt(Effect::kAlive);
  EXPECT_EQ(health_.Limit(now_), 10);
  for (int i = 0; i < 2; ++i) Attempt(Effect::kAlive);
  EXPECT_EQ(health_.Limit(now_), 11);
}

TEST_F(SiteHealthTest, WhatWasUnderWayCountsOnce) {
  for (int i = 0; i < 20; ++i) Attempt(Effect::kAlive);
  for (int i = 0; i < 20; ++i) {
    health_.OnAttempt(Effect::kBusy, now_, now_ + absl::Seconds(1), 0);
  }
  EXPECT_EQ(health_.Limit(now_), 10);
}

TEST_F(SiteHealthTest, SuspendsAfterFailuresInARow) {
  EXPECT_FALSE(Attempt(Effect::kUnreachable));
  EXPECT_FALSE(Attempt(Effect::kUnreachable));
  EXPECT_TRUE(Attempt(Effect::kUnreachable));
  EXPECT_EQ(health_.Limit(now_), 0);
  EXPECT_EQ(health_.AdviceAt(now_), Advice::kHold);
  EXPECT_EQ(health_.suspended_until(), now_ + absl::Minutes(1));
}

TEST_F(SiteHealthTest, AnySignOfLifeBreaksTheRow) {
  for (const Effect life : {Effect::kAlive, Effect::kBusy}) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_FALSE(Attempt(Effect::kUnreachable));
      EXPECT_FALSE(Attempt(Effect::kUnreachable));
      EXPECT_FALSE(Attempt(life));
    }
  }
}

TEST_F(SiteHealthTest, ProbesWithOneAndSuspendsForLonger) {
  for (int i = 0; i < 3; ++i) Attempt(Effect::kUnreachable);
  std::vector<absl::Duration> lengths;
  for (int i = 0; i < 8; ++i) {
    now_ = health_.suspended_until();
    EXPECT_EQ(health_.AdviceAt(now_), Advice::kGo);
    EXPECT_EQ(health_.Limit(now_), 1);
    EXPECT_TRUE(Attempt(Effect::kUnreachable)) << "one failed probe is enough";
    EXPECT_EQ(health_.AdviceAt(now_), Advice::kDefer);
    lengths.push_back(health_.suspended_until() - now_);
  }
  EXPECT_EQ(lengths,
            (std::vector<absl::Duration>{absl::Minutes(2), absl::Minutes(4), absl::Minutes(8),
                                         absl::Minutes(16), absl::Minutes(30), absl::Minutes(30),
                                         absl::Minutes(30), absl::Minutes(30)}));
}

TEST_F(SiteHealthTest, ComesBackAfterAProbeThatWorks) {
  for (int i = 0; i < 3; ++i) Attempt(Effect::kUnreachable);
  now_ = health_.suspended_until();
  Attempt(Effect::kAlive);
  EXPECT_EQ(health_.AdviceAt(now_), Advice::kGo);
  EXPECT_GE(health_.Limit(now_), 1);
  for (int i = 0; i < 300; ++i) Attempt(Effect::kAlive);
  EXPECT_EQ(health_.Limit(now_), 20);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(Attempt(Effect::kUnreachable));
  EXPECT_TRUE(Attempt(Effect::kUnreachable));
  EXPECT_EQ(health_.suspended_until() - now_, absl::Minutes(1)) << "it is the first again";
}

TEST_F(SiteHealthTest, StragglersDoNotProlongASuspension) {
  for (int i = 0; i < 3; ++i) Attempt(Effect::kUnreachable);
  const absl::Time end = health_.suspended_until();
  EXPECT_FALSE(health_.OnAttempt(Effect::kUnreachable, kStart, now_, 0));
  EXPECT_FALSE(health_.OnAttempt(Effect::kUnreachable, kStart, end + absl::Seconds(1), 0));
  EXPECT_EQ(health_.suspended_until(), end);
}

TEST_F(SiteHealthTest, SuspensionsHaveJitter) {
  for (int i = 0; i < 2; ++i) Attempt(Effect::kUnreachable);
  health_.OnAttempt(Effect::kUnreachable, now_, now_, 0.5);
  EXPECT_EQ(health_.suspended_until(), now_ + absl::Seconds(63));
}

TEST_F(SiteHealthTest, BoundsMayChange) {
  health_.SetConnections(40, 8);
  EXPECT_EQ(health_.Limit(now_), 8);
  for (int i = 0; i < 50; ++i) Attempt(Effect::kAlive);
  EXPECT_EQ(health_.Limit(now_), 40);
  health_.SetConnections(10, 8);
  EXPECT_EQ(health_.Limit(now_), 10);
  health_.SetConnections(40, 8);
  EXPECT_EQ(health_.Limit(now_), 10) << "what was learnt stays";
}

TEST_F(SiteHealthTest, MayBeSuspendedByOrder) {
  health_.SuspendFor(absl::Hours(1), now_);
  EXPECT_EQ(health_.Limit(now_), 0);
  EXPECT_EQ(health_.AdviceAt(now_), Advice::kHold);
  health_.SuspendFor(absl::Minutes(1), now_);
  EXPECT_EQ(health_.suspended_until(), now_ + absl::Hours(1));
  now_ = health_.suspended_until();
  EXPECT_EQ(health_.Limit(now_), 5) << "it was not dead, so it is not probed";
}

TEST_F(SiteHealthTest, NothingIsLearntFromNothing) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Attempt(Effect::kNone));
  EXPECT_EQ(health_.Limit(now_), 5);
}

}  // namespace
}  // namespace mailstrom::delivery
