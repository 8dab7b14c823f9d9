#include "delivery/site.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::delivery {
namespace {

std::shared_ptr<const SitePolicy> Policy(smtp::TlsMode tls = smtp::TlsMode::kOpportunistic,
                                         const std::string& name = "default") {
  auto policy = std::make_shared<SitePolicy>();
  policy->tls = tls;
  policy->name = name;
  return policy;
}

TEST(SiteTest, EqualTiersMakeOneSite) {
  const Site site = MakeSite({{"b.test", 10}, {"a.test", 10}, {"c.test", 20}}, Policy());
  EXPECT_EQ(site.key, "a.test,b.test>c.test default port 25 opportunistic");
  EXPECT_EQ(site.hosts.front().name, "b.test");
  EXPECT_EQ(MakeSite({{"a.test", 1}, {"b.test", 1}, {"c.test", 5}}, Policy()).key, site.key);
}

TEST(SiteTest, OtherHostsTiersOrPolicyMakeAnother) {
  const std::set<std::string> keys = {
      MakeSite({{"a.test", 10}, {"b.test", 10}}, Policy()).key,
      MakeSite({{"a.test", 10}, {"b.test", 20}}, Policy()).key,
      MakeSite({{"b.test", 10}, {"a.test", 20}}, Policy()).key,
      MakeSite({{"a.test", 10}}, Policy()).key,
      MakeSite({{"a.test", 10}}, Policy(smtp::TlsMode::kRequire)).key,
      MakeSite({{"a.test", 10}}, Policy(smtp::TlsMode::kVerify)).key,
      MakeSite({{"a.test", 10}}, Policy(smtp::TlsMode::kNone)).key,
      MakeSite({{"a.test", 10}}, Policy(smtp::TlsMode::kNone, "special")).key,
  };
  EXPECT_EQ(keys.size(), 8u);
}

TEST(SiteTest, ProvedHostsMakeAnother) {
  const auto policy = std::make_shared<const SitePolicy>();
  EXPECT_NE(MakeSite({{"a.test", 1}}, policy, true).key, MakeSite({{"a.test", 1}}, policy).key);
}

TEST(SiteTest, RelaysOnOneHostMakeOneEach) {
  SitePolicy plain;
  SitePolicy other_port;
  other_port.port = 587;
  SitePolicy with_user;
  with_user.credentials = smtp::Credentials{"ann", "secret", "", false};
  SitePolicy other_user = with_user;
  other_user.credentials->username = "bob";
  std::set<std::string> keys;
  for (const SitePolicy& policy : {plain, other_port, with_user, other_user}) {
    keys.insert(MakeSite({{"relay.test", 0}}, std::make_shared<SitePolicy>(policy)).key);
    EXPECT_EQ(keys.rbegin()->find("secret"), std::string::npos);
  }
  EXPECT_EQ(keys.size(), 4u);
}

TEST(SiteTest, PoolsOfSourcesMakeOneEach) {
  const auto bulk = std::make_shared<const SourcePool>(SourcePool{"bulk", {}});
  EXPECT_NE(MakeSite({{"a.test", 1}}, Policy(), false, false, bulk).key,
            MakeSite({{"a.test", 1}}, Policy()).key);
}

TEST(SiteTest, ShufflesWithinTiersOnly) {
  DeterministicRandom random(7);
  std::set<std::string> firsts;
  for (int i = 0; i < 100; ++i) {
    std::vector<MxHost> hosts = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 2}, {"e", 3}};
    ShuffleTiers(hosts, random);
    firsts.insert(hosts[0].name);
    EXPECT_EQ(hosts[3].name, "d");
    EXPECT_EQ(hosts[4].name, "e");
    EXPECT_EQ((std::set<std::string>{hosts[0].name, hosts[1].name, hosts[2].name}),
              (std::set<std::string>{"a", "b", "c"}));
  }
  EXPECT_EQ(firsts.size(), 3u);
}

TEST(SiteTest, ShufflesNothing) {
  DeterministicRandom random;
  std::vector<MxHost> hosts;
  ShuffleTiers(hosts, random);
  EXPECT_TRUE(hosts.empty());
}

}  // namespace
}  // namespace mailstrom::delivery
