#include "delivery/site_table.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(SiteTableTest, RemembersSites) {
  SiteTable table(SiteHealthOptions(), 10);
  table.Get("a").last_failure.mx_host = "mx.a";
  table.Get("b").last_failure.mx_host = "mx.b";
  EXPECT_EQ(table.Get("a").last_failure.mx_host, "mx.a");
  EXPECT_EQ(table.Get("b").last_failure.mx_host, "mx.b");
}

TEST(SiteTableTest, ForgetsTheLongestUnused) {
  SiteTable table(SiteHealthOptions(), 2);
  table.Get("a").last_failure.mx_host = "mx.a";
  table.Get("b").last_failure.mx_host = "mx.b";
  table.Get("a");
  table.Get("c");
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(table.Get("a").last_failure.mx_host, "mx.a");
  EXPECT_EQ(table.Get("b").last_failure.mx_host, "");
}

TEST(SiteTableTest, EntryFollowsItsPolicy) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  SiteTable table(SiteHealthOptions(), 2);
  SiteEntry& site = table.Get("a");
  auto policy = std::make_shared<SitePolicy>();
  policy->connections = 2;
  policy->messages_per_second = 1;
  site.SetPolicy(policy);
  EXPECT_EQ(site.health.Limit(now), 2);
  site.messages.Spend(1, now);
  site.connections.Spend(1, now);
  EXPECT_FALSE(site.messages.Available(now));
  EXPECT_TRUE(site.connections.Available(now));
  site.SetPolicy(policy);
  EXPECT_FALSE(site.messages.Available(now));
  site.SetPolicy(std::make_shared<SitePolicy>());
  EXPECT_TRUE(site.messages.Available(now));
}

TEST(SiteTableTest, IsBounded) {
  SiteTable table(SiteHealthOptions(), 100);
  for (int i = 0; i < 1000; ++i) table.Get(absl::StrCat(i));
  EXPECT_EQ(table.size(), 100u);
}

}  // namespace
}  // namespace mailstrom::delivery
