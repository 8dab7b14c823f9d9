#include "delivery/traffic_shaper.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "delivery/spawn.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

Parcel MakeParcel(const std::string& site_key, const std::string& limited_domain = "") {
  Parcel parcel;
  parcel.site.key = site_key;
  parcel.limited_domain = limited_domain;
  return parcel;
}

class TrafficShaperTest : public testing::Test {
 protected:
  ~TrafficShaperTest() override { shaper_->Stop(); }

  void Build(TrafficShaper::TotalRates rates) {
    shaper_ = std::make_unique<TrafficShaper>(
        rates, 100, sites_, clock_, clock_,
        TrafficShaper::Hooks{
            [this](const std::string& site_key) { return connected_.count(site_key) > 0; },
            [this](const std::string& site_key, const std::string& domain) {
              looked_at_.push_back(domain.empty() ? site_key : site_key + "/" + domain);
            },
            [this] { ++dispatches_; }});
  }

  void SetRates(const std::string& site_key, double connections, double messages) {
    auto policy = std::make_shared<SitePolicy>();
    policy->connections = policy->first_connections = 7;
    policy->connections_per_second = connections;
    policy->messages_per_second = messages;
    sites_.Get(site_key).SetPolicy(policy);
  }

  // Counts in `done_` when the wait is over.
  void Await(asio::awaitable<void> wait) {
    Spawn(loop_.io().get_executor(), "wait", AwaitAndCount(std::move(wait), done_));
    loop_.Settle();
  }
  static asio::awaitable<void> AwaitAndCount(asio::awaitable<void> wait, int& done) {
    co_await std::move(wait);
    ++done;
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  SiteTable sites_{SiteHealthOptions(), 100};
  // Sites with an idle connection.
  std::set<std::string> connected_;
  // What was to be looked at again.
  std::vector<std::string> looked_at_;
  int dispatches_ = 0;
  int done_ = 0;
  std::unique_ptr<TrafficShaper> shaper_;
};

using Names = std::vector<std::string>;

TEST_F(TrafficShaperTest, WithoutRatesTheHealthOfTheSiteDecides) {
  Build({});
  SetRates("a", 0, 0);
  for (int i = 0; i < 100; ++i) shaper_->AttemptBegan(MakeParcel("a"));
  EXPECT_EQ(shaper_->SiteLimit("a"), 7);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(TrafficShaperTest, SiteAtItsMessageRateIsLookedAtWhenItsTurnComes) {
  Build({});
  SetRates("a", 0, 0.5);
  SetRates("b", 0, 0.5);
  shaper_->AttemptBegan(MakeParcel("a"));
  EXPECT_EQ(shaper_->SiteLimit("a"), 0);
  EXPECT_EQ(shaper_->SiteLimit("a"), 0);
  EXPECT_EQ(shaper_->SiteLimit("b"), 7) << "another site is not held up";
  EXPECT_EQ(clock_.alarm_count(), 1u) << "one alarm, however often it is asked for";
  loop_.Advance(absl::Milliseconds(1999));
  EXPECT_EQ(looked_at_, Names());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(looked_at_, Names{"a"});
  EXPECT_EQ(dispatches_, 1);
  EXPECT_EQ(shaper_->SiteLimit("a"), 7);
}

TEST_F(TrafficShaperTest, RateOverAllSitesHoldsUpEach) {
  Build({.messages = 1});
  shaper_->AttemptBegan(MakeParcel("a"));
  EXPECT_EQ(shaper_->SiteLimit("a"), 0);
  EXPECT_EQ(shaper_->SiteLimit("b"), 0);
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(looked_at_, (Names{"a", "b"}));
  EXPECT_GT(shaper_->SiteLimit("b"), 0);
}

TEST_F(TrafficShaperTest, OpenConnectionNeedsNoTurnToConnect) {
  Build({});
  SetRates("a", 0.1, 0);
  Await(shaper_->AwaitConnection("a", ""));
  EXPECT_EQ(shaper_->SiteLimit("a"), 0);
  connected_.insert("a");
  EXPECT_EQ(shaper_->SiteLimit("a"), 7);
}

TEST_F(TrafficShaperTest, ConnectionsAreSpacedByTheSlowestRate) {
  Build({.connections = 0.5});
  SetRates("a", 1, 0);
  shaper_->SetDomainLimits("slow.test", {.connections_per_second = 0.1});
  for (int i = 0; i < 3; ++i) Await(shaper_->AwaitConnection("a", ""));
  EXPECT_EQ(done_, 1);
  loop_.Advance(absl::Seconds(2));
  EXPECT_EQ(done_, 2) << "one in two seconds over all sites, though the site may have more";
  loop_.Advance(absl::Seconds(2));
  EXPECT_EQ(done_, 3);
  loop_.Advance(absl::Minutes(1));
  for (int i = 0; i < 2; ++i) Await(shaper_->AwaitConnection("a", "slow.test"));
  EXPECT_EQ(done_, 4);
  loop_.Advance(absl::Milliseconds(9999));
  EXPECT_EQ(done_, 4) << "one in ten seconds for the domain";
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(done_, 5);
}

TEST_F(TrafficShaperTest, MessagesOnTheWireWaitForRatesOfTheirOwn) {
  Build({});
  SetRates("a", 0, 1);
  shaper_->SetDomainLimits("slow.test", {.messages_per_second = 0.1});
  shaper_->AttemptBegan(MakeParcel("a"));
  for (int i = 0; i < 2; ++i) Await(shaper_->AwaitMessage("a", ""));
  EXPECT_EQ(done_, 1) << "that an attempt began does not hold up its own message";
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(done_, 2);
  loop_.Advance(absl::Minutes(1));
  for (int i = 0; i < 2; ++i) Await(shaper_->AwaitMessage("a", "slow.test"));
  EXPECT_EQ(done_, 3);
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(done_, 4);
}

TEST_F(TrafficShaperTest, DomainAtItsRateIsLookedAtWhenItsTurnComes) {
  Build({});
  shaper_->SetDomainLimits("slow.test", {.messages_per_second = 0.1});
  EXPECT_TRUE(shaper_->MayStart(MakeParcel("a", "slow.test")));
  shaper_->AttemptBegan(MakeParcel("a", "slow.test"));
  EXPECT_FALSE(shaper_->MayStart(MakeParcel("a", "slow.test")));
  EXPECT_FALSE(shaper_->MayStart(MakeParcel("relay", "slow.test"))) << "whatever the way";
  EXPECT_TRUE(shaper_->MayStart(MakeParcel("a", "other.test")));
  shaper_->AttemptEnded(MakeParcel("a", "slow.test"));
  EXPECT_EQ(looked_at_, Names()) << "the end of the attempt does not change the rate";
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(looked_at_, (Names{"a/slow.test", "relay/slow.test"}));
  EXPECT_EQ(dispatches_, 2);
  EXPECT_TRUE(shaper_->MayStart(MakeParcel("relay", "slow.test")));
}

TEST_F(TrafficShaperTest, DomainWithAllItsAttemptsUnderWayIsLookedAtWhenOneEnds) {
  Build({});
  shaper_->SetDomainLimits("few.test", {.connections = 1});
  shaper_->AttemptBegan(MakeParcel("a", "few.test"));
  EXPECT_FALSE(shaper_->MayStart(MakeParcel("a", "few.test")));
  EXPECT_FALSE(shaper_->MayStart(MakeParcel("relay", "few.test")));
  loop_.Advance(absl::Hours(1));
  EXPECT_EQ(looked_at_, Names()) << "no time ends that";
  shaper_->AttemptEnded(MakeParcel("a", "few.test"));
  EXPECT_EQ(looked_at_, (Names{"a/few.test", "relay/few.test"}));
  EXPECT_TRUE(shaper_->MayStart(MakeParcel("relay", "few.test")));
  shaper_->AttemptBegan(MakeParcel("relay", "few.test"));
  shaper_->AttemptEnded(MakeParcel("relay", "few.test"));
  EXPECT_EQ(looked_at_.size(), 2u) << "nobody was held up any more";
}

TEST_F(TrafficShaperTest, TellsTurnsWithoutTakingThem) {
  Build({.messages = 0.5});
  SetRates("a", 0.1, 1);
  shaper_->SetDomainLimits("few.test", {.connections = 1});
  const absl::Time start = clock_.Now();
  const Parcel parcel = MakeParcel("a", "few.test");
  shaper_->AttemptBegan(parcel);
  Await(shaper_->AwaitConnection("a", "few.test"));
  for (int i = 0; i < 2; ++i) {
    const TrafficShaper::Turns turns = shaper_->FindTurns(parcel);
    EXPECT_EQ(turns.site, start + absl::Seconds(10));
    EXPECT_EQ(turns.total, start + absl::Seconds(2));
    EXPECT_EQ(turns.domain, absl::InfiniteFuture());
  }
  connected_.insert("a");
  EXPECT_EQ(shaper_->FindTurns(parcel).site, start + absl::Seconds(1));
  EXPECT_EQ(shaper_->FindTurns(MakeParcel("unknown")).site, absl::InfinitePast());
  EXPECT_EQ(shaper_->FindTurns(MakeParcel("a")).domain, absl::InfinitePast());
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(TrafficShaperTest, StopLeavesNoAlarmBehind) {
  Build({});
  SetRates("a", 0, 0.5);
  shaper_->AttemptBegan(MakeParcel("a"));
  EXPECT_EQ(shaper_->SiteLimit("a"), 0);
  shaper_->Stop();
  EXPECT_EQ(shaper_->SiteLimit("a"), 0);
  EXPECT_EQ(clock_.alarm_count(), 0u);
  loop_.Advance(absl::Hours(1));
  EXPECT_EQ(looked_at_, Names());
  EXPECT_EQ(dispatches_, 0);
}

}  // namespace
}  // namespace mailstrom::delivery
