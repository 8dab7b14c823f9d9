#include "storage/order_list.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

StandingOrder SuspendDomain(const std::string& domain, const std::string& reason = "") {
  StandingOrder order;
  order.scope = {OrderScope::Kind::kDomain, "", domain};
  order.reason = reason;
  return order;
}

TEST(OrderListTest, OneOrderOfAKindForAScope) {
  OrderList list;
  EXPECT_TRUE(list.Put(SuspendDomain("a.test", "first")).ok());
  EXPECT_TRUE(list.Put(SuspendDomain("b.test")).ok());
  EXPECT_TRUE(list.Put(SuspendDomain("a.test", "second")).ok());
  StandingOrder reroute = SuspendDomain("a.test");
  reroute.kind = StandingOrder::Kind::kReroute;
  EXPECT_TRUE(list.Put(reroute).ok());
  ASSERT_EQ(list.all().size(), 3u);
  EXPECT_EQ(list.all()[0].reason, "second");
  EXPECT_EQ(list.all()[2].kind, StandingOrder::Kind::kReroute);
}

TEST(OrderListTest, DropsWhatHasTheSameScope) {
  OrderList list;
  EXPECT_TRUE(list.Put(SuspendDomain("a.test", "first")).ok());
  list.Drop(SuspendDomain("b.test"));
  EXPECT_EQ(list.all().size(), 1u);
  list.Drop(SuspendDomain("a.test"));
  EXPECT_TRUE(list.all().empty());
}

TEST(OrderListTest, FullListStillTakesWhatReplaces) {
  OrderList list;
  for (size_t i = 0; i < kMaxOrders; ++i) {
    ASSERT_TRUE(list.Put(SuspendDomain(absl::StrCat(i, ".test"))).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(list.Put(SuspendDomain("one-more.test"))));
  EXPECT_TRUE(list.Put(SuspendDomain("7.test", "changed")).ok());
  EXPECT_EQ(list.all().size(), kMaxOrders);
}

}  // namespace
}  // namespace mailstrom::storage
