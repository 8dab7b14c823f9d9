#include "delivery/site.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::delivery {
namespace {

constexpr smtp::TlsMode kTls = smtp::TlsMode::kOpportunistic;

TEST(SiteTest, EqualTiersMakeOneSite) {
  const Site site = MakeSite({{"b.test", 10}, {"a.test", 10}, {"c.test", 20}}, kTls);
  EXPECT_EQ(site.key, "a.test,b.test>c.test opportunistic");
  EXPECT_EQ(site.hosts.front().name, "b.test");
  EXPECT_EQ(MakeSite({{"a.test", 1}, {"b.test", 1}, {"c.test", 5}}, kTls).key, site.key);
}

TEST(SiteTest, OtherHostsTiersOrTlsMakeAnother) {
  const std::set<std::string> keys = {
      MakeSite({{"a.test", 10}, {"b.test", 10}}, kTls).key,
      MakeSite({{"a.test", 10}, {"b.test", 20}}, kTls).key,
      MakeSite({{"b.test", 10}, {"a.test", 20}}, kTls).key,
      MakeSite({{"a.test", 10}}, kTls).key,
      MakeSite({{"a.test", 10}}, smtp::TlsMode::kRequire).key,
      MakeSite({{"a.test", 10}}, smtp::TlsMode::kVerify).key,
      MakeSite({{"a.test", 10}}, smtp::TlsMode::kNone).key,
  };
  EXPECT_EQ(keys.size(), 7u);
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
