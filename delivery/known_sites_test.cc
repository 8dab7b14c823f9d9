#include "delivery/known_sites.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using Strings = std::vector<std::string>;

TEST(KnownSitesTest, FindsSitesByDomainAndDomainsBySite) {
  KnownSites sites(10);
  const std::string one = "mx1.test,mx2.test>mx3.test default port 25 opportunistic";
  sites.Note("a.test", one);
  sites.Note("b.test", one);
  sites.Note("c.test", "mx.c.test default port 25 opportunistic");
  EXPECT_EQ(sites.SiteOf("a.test"), one);
  EXPECT_EQ(sites.SiteOf("d.test"), "");
  for (const std::string& name : {one, std::string("mx1.test"), std::string("mx3.test")}) {
    EXPECT_EQ(sites.DomainsOf(name), (Strings{"b.test", "a.test"})) << name;
  }
  EXPECT_EQ(sites.DomainsOf("mx"), Strings());
  EXPECT_EQ(sites.DomainsOf("default"), Strings());
  sites.Note("a.test", "mx.new.test default port 25 opportunistic");
  EXPECT_EQ(sites.DomainsOf("mx1.test"), Strings{"b.test"});
}

TEST(KnownSitesTest, ForgetsWhatWasNotMetForLongest) {
  KnownSites sites(2);
  sites.Note("a.test", "x");
  sites.Note("b.test", "x");
  sites.Note("a.test", "x");
  sites.Note("c.test", "x");
  EXPECT_EQ(sites.DomainsOf("x"), (Strings{"c.test", "a.test"}));
  EXPECT_EQ(sites.SiteOf("b.test"), "");
}

}  // namespace
}  // namespace mailstrom::delivery
