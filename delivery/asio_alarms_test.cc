#include "delivery/asio_alarms.h"

#include <memory>
#include <string>

#include "asio/io_context.hpp"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

class AsioAlarmsTest : public testing::Test {
 protected:
  AsioAlarmsTest() : alarms_(std::make_unique<AsioAlarms>(io_.get_executor())) {}

  asio::io_context io_;
  std::unique_ptr<AsioAlarms> alarms_;
  std::string rung_;
};

TEST_F(AsioAlarmsTest, RingsInOrderOfTimeThenOfSetting) {
  alarms_->Set(absl::Milliseconds(3), [this] { rung_ += 'd'; });
  alarms_->Set(absl::ZeroDuration(), [this] { rung_ += 'a'; });
  alarms_->Set(-absl::Hours(1), [this] { rung_ += 'b'; });
  alarms_->Set(absl::Milliseconds(1), [this] { rung_ += 'c'; });
  EXPECT_EQ(rung_, "");
  io_.run();
  EXPECT_EQ(rung_, "abcd");
}

TEST_F(AsioAlarmsTest, CancelledAlarmKeepsSilentAndLetsTheLoopEnd) {
  const Alarms::Id soon = alarms_->Set(absl::ZeroDuration(), [this] { rung_ += 'a'; });
  const Alarms::Id late = alarms_->Set(absl::Hours(1), [this] { rung_ += 'b'; });
  alarms_->Cancel(soon);
  alarms_->Cancel(late);
  alarms_->Cancel(late);
  alarms_->Cancel(Alarms::kNone);
  io_.run();
  EXPECT_EQ(rung_, "");
}

TEST_F(AsioAlarmsTest, AnAlarmMayCancelAndSetOthers) {
  Alarms::Id other = Alarms::kNone;
  alarms_->Set(absl::ZeroDuration(), [&] {
    rung_ += 'a';
    alarms_->Cancel(other);
    alarms_->Set(absl::ZeroDuration(), [this] { rung_ += 'c'; });
  });
  other = alarms_->Set(absl::ZeroDuration(), [this] { rung_ += 'b'; });
  io_.run();
  EXPECT_EQ(rung_, "ac");
}

TEST_F(AsioAlarmsTest, AnAlarmSettingItselfForEverLeavesOthersTheirTurn) {
  struct Again {
    Alarms& alarms;
    int& left;
    void operator()() const {
      if (left-- > 0) alarms.Set(absl::ZeroDuration(), Again{alarms, left});
    }
  };
  int left = 1000;
  alarms_->Set(absl::ZeroDuration(), Again{*alarms_, left});
  io_.run_one();
  EXPECT_GT(left, 900);
  io_.run();
  EXPECT_EQ(left, -1);
}

TEST_F(AsioAlarmsTest, AnEarlierAlarmIsNotHeldUpByALaterOne) {
  alarms_->Set(absl::Hours(24 * 365 * 1000), [this] { rung_ += 'b'; });
  alarms_->Set(absl::InfiniteDuration(), [this] { rung_ += 'b'; });
  alarms_->Set(absl::Milliseconds(1), [this] { rung_ += 'a'; });
  while (rung_.empty()) io_.run_one();
  EXPECT_EQ(rung_, "a");
}

TEST_F(AsioAlarmsTest, DestructionDropsAlarms) {
  alarms_->Set(absl::ZeroDuration(), [this] {
    rung_ += 'a';
    alarms_.reset();
  });
  alarms_->Set(absl::ZeroDuration(), [this] { rung_ += 'b'; });
  io_.run();
  EXPECT_EQ(rung_, "a");
}

}  // namespace
}  // namespace mailstrom::delivery
