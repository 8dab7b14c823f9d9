#include "tests/fakes/fake_clock.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom {
namespace {

TEST(FakeClockTest, RingsInOrderOfTimeThenOfSetting) {
  FakeClock clock;
  std::string rung;
  clock.Set(absl::Seconds(2), [&] { rung += 'c'; });
  clock.Set(absl::Seconds(1), [&] { rung += 'a'; });
  clock.Set(absl::Seconds(1), [&] { rung += 'b'; });
  clock.Set(absl::Seconds(3), [&] { rung += 'd'; });
  clock.Advance(absl::Seconds(2));
  EXPECT_EQ(rung, "abc");
  EXPECT_EQ(clock.Now(), FakeClock::DefaultStart() + absl::Seconds(2));
}

TEST(FakeClockTest, RingsWhatIsSetOnTheWayAtItsOwnTime) {
  FakeClock clock;
  absl::Time inner;
  clock.Set(absl::Seconds(1), [&] { clock.Set(absl::Seconds(1), [&] { inner = clock.Now(); }); });
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(inner, FakeClock::DefaultStart() + absl::Seconds(2));
}

TEST(FakeClockTest, NeverRingsInsideSet) {
  FakeClock clock;
  bool rung = false;
  clock.Set(absl::ZeroDuration(), [&] { rung = true; });
  EXPECT_FALSE(rung);
  clock.Advance(absl::ZeroDuration());
  EXPECT_TRUE(rung);
}

TEST(FakeClockTest, CancelledAlarmKeepsSilent) {
  FakeClock clock;
  bool rung = false;
  const Alarms::Id id = clock.Set(absl::Seconds(1), [&] { rung = true; });
  clock.Cancel(id);
  clock.Cancel(id);
  clock.Cancel(Alarms::kNone);
  clock.Advance(absl::Seconds(2));
  EXPECT_FALSE(rung);
}

TEST(FakeClockTest, WallClockJumpLeavesDelaysAlone) {
  FakeClock clock;
  bool rung = false;
  clock.Set(absl::Seconds(10), [&] { rung = true; });
  clock.JumpWallClock(absl::Hours(1));
  clock.Advance(absl::Seconds(9));
  EXPECT_FALSE(rung);
  clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(rung);
}

TEST(FakeClockTest, StopsAtTheLimit) {
  FakeClock clock;
  clock.Set(absl::Seconds(10), [] {});
  EXPECT_FALSE(clock.AdvanceToNextAlarm(clock.Now() + absl::Seconds(9)));
  EXPECT_TRUE(clock.AdvanceToNextAlarm(clock.Now() + absl::Seconds(10)));
  EXPECT_FALSE(clock.AdvanceToNextAlarm());
}

}  // namespace
}  // namespace mailstrom
