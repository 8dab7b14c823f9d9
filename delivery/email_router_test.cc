#include "delivery/email_router.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

class EmailRouterTest : public testing::Test {
 protected:
  void Route(const std::vector<std::string>& addresses, bool needs_smtputf8 = false) {
    auto email = std::make_shared<storage::EmailRecord>();
    email->needs_smtputf8 = needs_smtputf8;
    std::vector<storage::ClaimedRecipient> recipients(addresses.size());
    for (size_t i = 0; i < addresses.size(); ++i) recipients[i].recipient.address = addresses[i];
    router_->Route(email, GroupByDomain(std::move(recipients)).groups);
  }

  static std::string Show(const std::vector<ParcelRecipient>& recipients) {
    return absl::StrJoin(recipients, " ", [](std::string* out, const ParcelRecipient& recipient) {
      absl::StrAppend(out, recipient.forward_path);
    });
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  DeterministicRandom random_;
  FakeDnsClient dns_{clock_};
  std::shared_ptr<RouteFinder> finder_ = std::make_shared<RouteFinder>(
      dns_, random_, absl::flat_hash_set<std::string>(), loop_.io().get_executor(), 100);
  // The paths of each parcel; of the unroutable with a `!`.
  std::vector<std::string> seen_;
  std::shared_ptr<EmailRouter> router_ = std::make_shared<EmailRouter>(
      *finder_, clock_, clock_,
      std::make_shared<SitePolicies>(SitePolicy(), std::vector<SiteRule>(),
                                     std::vector<RelayRule>()),
      EmailRouter::Hooks{[this](Parcel parcel) {
                           EXPECT_FALSE(parcel.site.key.empty());
                           seen_.push_back(Show(parcel.recipients));
                         },
                         [this](std::shared_ptr<const storage::EmailRecord>,
                                std::vector<ParcelRecipient> recipients,
                                const MxRoute&) { seen_.push_back("!" + Show(recipients)); }});
};

TEST_F(EmailRouterTest, DomainsOfOneSiteShareAParcel) {
  dns_.AddMx("a.test", 10, "mx.test");
  dns_.AddMx("b.test", 5, "mx.test");
  dns_.AddMx("c.test", 5, "other.test");
  Route({"1@a.test", "2@c.test", "3@b.test", "4@a.test"});
  loop_.Settle();
  EXPECT_EQ(seen_, (std::vector<std::string>{"1@a.test 4@a.test 3@b.test", "2@c.test"}));
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(EmailRouterTest, PathsThatNeedSmtputf8TravelApart) {
  dns_.AddMx("a.test", 10, "mx.test");
  Route({"1@a.test", "\xC3\xBC@a.test"});
  loop_.Settle();
  EXPECT_EQ(seen_.size(), 2u);
  seen_.clear();
  Route({"1@a.test", "\xC3\xBC@a.test"}, true);
  loop_.Settle();
  EXPECT_EQ(seen_.size(), 1u) << "when the header needs it anyway, they need not";
}

TEST_F(EmailRouterTest, SlowLookUpHoldsUpTheOthersForAMomentOnly) {
  dns_.AddMx("a.test", 10, "mx.test");
  dns_.SetTimeout("slow.test");
  Route({"1@a.test", "2@slow.test"});
  loop_.Settle();
  EXPECT_TRUE(seen_.empty());
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(seen_, std::vector<std::string>{"1@a.test"});
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(seen_, (std::vector<std::string>{"1@a.test", "!2@slow.test"}));
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(EmailRouterTest, RelayTakesAllItsDomainsTogether) {
  RelayRule rule;
  rule.name = "corp";
  rule.recipient_domains = {"a.corp.test", "b.corp.test"};
  rule.hosts = {"relay.test"};
  dns_.AddMx("c.test", 5, "mx.test");
  router_->SetPolicies(
      std::make_shared<SitePolicies>(SitePolicy(), std::vector<SiteRule>(), std::vector{rule}));
  Route({"1@a.corp.test", "2@c.test", "3@b.corp.test"});
  loop_.Settle();
  EXPECT_EQ(seen_, (std::vector<std::string>{"1@a.corp.test 3@b.corp.test", "2@c.test"}));
  EXPECT_EQ(dns_.query_count("a.corp.test", DnsType::kMx), 0);
  seen_.clear();
  Route({"1@a.corp.test"});
  EXPECT_EQ(seen_, std::vector<std::string>{"1@a.corp.test"}) << "nothing to wait for";
}

TEST_F(EmailRouterTest, DomainsWithRulesOfTheirOwnAreSitesOfTheirOwn) {
  SiteRule rule;
  rule.name = "b";
  rule.domains = {"b.test"};
  dns_.AddMx("a.test", 5, "mx.test");
  dns_.AddMx("b.test", 5, "mx.test");
  router_->SetPolicies(
      std::make_shared<SitePolicies>(SitePolicy(), std::vector{rule}, std::vector<RelayRule>()));
  Route({"1@a.test", "2@b.test"});
  loop_.Settle();
  EXPECT_EQ(seen_, (std::vector<std::string>{"1@a.test", "2@b.test"}));
}

TEST_F(EmailRouterTest, StopGivesBackWhatHasNoSiteYet) {
  dns_.AddMx("a.test", 10, "mx.test");
  dns_.SetTimeout("slow.test");
  Route({"1@a.test", "2@slow.test"});
  loop_.Settle();
  const std::vector<Parcel> parcels = router_->Stop();
  ASSERT_EQ(parcels.size(), 2u);
  EXPECT_EQ(Show(parcels[0].recipients), "1@a.test");
  EXPECT_EQ(Show(parcels[1].recipients), "2@slow.test");
  loop_.Advance(absl::Minutes(1));
  EXPECT_TRUE(seen_.empty());
}

}  // namespace
}  // namespace mailstrom::delivery
