#include "delivery/domain_gate.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

class DomainGateTest : public testing::Test {
 protected:
  // How many attempts may begin now.
  int Begin(const std::string& domain, bool connected = false) {
    int count = 0;
    while (count < 100 && gate_.NextAttempt(domain, connected) <= now_) {
      gate_.AttemptBegan(domain, now_);
      if (!connected) gate_.ConnectionOpened(domain, now_);
      ++count;
    }
    return count;
  }

  absl::Time now_ = absl::FromUnixSeconds(1000000000);
  DomainGate gate_{10};
};

TEST_F(DomainGateTest, WithoutLimitsNothingIsHeld) { EXPECT_EQ(Begin("a.test"), 100); }

TEST_F(DomainGateTest, SoManyAtATime) {
  gate_.SetLimits("a.test", {.connections = 3});
  gate_.SetLimits("b.test", {.connections = 3});
  EXPECT_EQ(Begin("a.test"), 3);
  EXPECT_EQ(gate_.NextAttempt("a.test", true), absl::InfiniteFuture());
  EXPECT_EQ(Begin("b.test"), 3) << "each domain by itself";
  gate_.AttemptEnded("a.test");
  EXPECT_EQ(Begin("a.test"), 1);
}

TEST_F(DomainGateTest, SoManyMessagesASecond) {
  gate_.SetLimits("a.test", {.messages_per_second = 2});
  EXPECT_EQ(Begin("a.test", true), 2);
  EXPECT_EQ(gate_.NextAttempt("a.test", true), now_ + absl::Milliseconds(500));
  now_ += absl::Seconds(10);
  EXPECT_EQ(Begin("a.test", true), 2) << "a second's worth is the largest burst";
}

TEST_F(DomainGateTest, SoManyConnectionsASecond) {
  gate_.SetLimits("a.test", {.connections_per_second = 0.5});
  EXPECT_EQ(Begin("a.test"), 1);
  EXPECT_EQ(gate_.NextConnection("a.test"), now_ + absl::Seconds(2));
  EXPECT_EQ(Begin("a.test", true), 100) << "open ones may be used";
}

TEST_F(DomainGateTest, LimitsMayChange) {
  gate_.SetLimits("a.test", {.connections = 1});
  EXPECT_EQ(Begin("a.test"), 1);
  gate_.SetLimits("a.test", {.connections = 4});
  EXPECT_EQ(Begin("a.test"), 3);
  gate_.SetLimits("a.test", {});
  EXPECT_EQ(Begin("a.test"), 100);
}

TEST_F(DomainGateTest, ForgetsNobodyWhoHasAttemptsUnderWay) {
  gate_.SetLimits("a.test", {.connections = 1});
  EXPECT_EQ(Begin("a.test"), 1);
  for (int i = 0; i < 50; ++i) gate_.SetLimits(absl::StrCat("d", i, ".test"), {.connections = 1});
  EXPECT_EQ(gate_.size(), 10u);
  EXPECT_EQ(Begin("a.test"), 0);
}

}  // namespace
}  // namespace mailstrom::delivery
