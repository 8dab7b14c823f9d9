#include "delivery/site_table.h"

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

TEST(SiteTableTest, IsBounded) {
  SiteTable table(SiteHealthOptions(), 100);
  for (int i = 0; i < 1000; ++i) table.Get(absl::StrCat(i));
  EXPECT_EQ(table.size(), 100u);
}

}  // namespace
}  // namespace mailstrom::delivery
