#include "delivery/source_pool.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

constexpr int kKeys = 10000;

std::string Key(int i) { return SourceKey(absl::StrCat("email", i), "a.test"); }

SourcePool Pool(std::vector<SourceAddress> addresses) { return {"pool", std::move(addresses)}; }

TEST(SourcePoolTest, EachAddressGetsItsShare) {
  const SourcePool pool = Pool({{"192.0.2.1", 1, ""},
                                {"192.0.2.2", 2, ""},
                                {"192.0.2.3", 7, ""},
                                {"2001:db8::1", 1, ""},
                                {"2001:db8::2", 3, ""}});
  std::map<std::string, int> counts;
  for (int i = 0; i < kKeys; ++i) {
    const SourceChoice choice = ChooseSource(pool, Key(i));
    ++counts[choice.ipv4.address];
    ++counts[choice.ipv6.address];
  }
  // Five standard deviations and more.
  EXPECT_NEAR(counts["192.0.2.1"], 1000, 150);
  EXPECT_NEAR(counts["192.0.2.2"], 2000, 200);
  EXPECT_NEAR(counts["192.0.2.3"], 7000, 230);
  EXPECT_NEAR(counts["2001:db8::1"], 2500, 220);
  EXPECT_NEAR(counts["2001:db8::2"], 7500, 220);
}

TEST(SourcePoolTest, TheSameKeyAlwaysGetsTheSameAddress) {
  const SourcePool pool = Pool({{"192.0.2.1", 1, ""}, {"192.0.2.2", 1, ""}, {"192.0.2.3", 1, ""}});
  const SourcePool reversed =
      Pool({{"192.0.2.3", 1, ""}, {"192.0.2.2", 1, ""}, {"192.0.2.1", 1, ""}});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(ChooseSource(pool, Key(i)), ChooseSource(reversed, Key(i)));
  }
  // Another release must choose likewise, or what is queued would meet its greylists again.
  std::string chosen;
  for (int i = 0; i < 12; ++i) chosen += ChooseSource(pool, Key(i)).ipv4.address.back();
  EXPECT_EQ(chosen, "223211113232");
}

TEST(SourcePoolTest, ANewAddressTakesOnlyItsShare) {
  const SourcePool before =
      Pool({{"192.0.2.1", 1, ""}, {"192.0.2.2", 1, ""}, {"192.0.2.3", 1, ""}});
  SourcePool after = before;
  after.addresses.push_back({"192.0.2.4", 1, ""});
  int moved = 0;
  for (int i = 0; i < kKeys; ++i) {
    const std::string old = ChooseSource(before, Key(i)).ipv4.address;
    const std::string now = ChooseSource(after, Key(i)).ipv4.address;
    if (old == now) continue;
    ++moved;
    ASSERT_EQ(now, "192.0.2.4") << "nothing moves between those that were there";
  }
  EXPECT_NEAR(moved, kKeys / 4, 220);
}

TEST(SourcePoolTest, MoreWeightTakesNothingElsewhere) {
  const SourcePool before =
      Pool({{"192.0.2.1", 1, ""}, {"192.0.2.2", 1, ""}, {"192.0.2.3", 1, ""}});
  SourcePool after = before;
  after.addresses[0].weight = 4;
  for (int i = 0; i < kKeys; ++i) {
    const std::string old = ChooseSource(before, Key(i)).ipv4.address;
    const std::string now = ChooseSource(after, Key(i)).ipv4.address;
    if (old != now) ASSERT_EQ(now, "192.0.2.1");
  }
}

TEST(SourcePoolTest, FamilyWithoutAnAddressIsNotUsed) {
  const SourceChoice choice = ChooseSource(Pool({{"192.0.2.1", 1, "out.test"}}), "key");
  EXPECT_TRUE(choice.Has(/*is_ipv6=*/false));
  EXPECT_FALSE(choice.Has(/*is_ipv6=*/true));
  EXPECT_EQ(choice.For(/*is_ipv6=*/false).hello_name, "out.test");
  EXPECT_FALSE(ChooseSource(Pool({{"2001:db8::1", 1, ""}}), "key").has_ipv4);
}

TEST(SourcePoolTest, WithoutAPoolTheSystemChooses) {
  const SourceChoice choice;
  EXPECT_TRUE(choice.Has(/*is_ipv6=*/false) && choice.Has(/*is_ipv6=*/true));
  EXPECT_EQ(choice.For(/*is_ipv6=*/true).address, "");
}

}  // namespace
}  // namespace mailstrom::delivery
