#include "delivery/orders.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using storage::OrderScope;
using storage::StandingOrder;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

StandingOrder Suspend(OrderScope scope) {
  StandingOrder order;
  order.scope = std::move(scope);
  return order;
}

struct Case {
  const char* name;
  OrderScope scope;
  bool with_site;
  bool without_site;
};

TEST(OrdersTest, EachScopeNamesItsMail) {
  storage::EmailRecord email;
  email.tenant = "acme";
  email.tags = {{"run", "7"}, {"kind", "news"}};
  Site site;
  site.key = "mx1.test>mx2.test default port 25 opportunistic";
  site.hosts = {{"mx1.test", 10}, {"mx2.test", 20}};
  const Case cases[] = {
      {"domain", {OrderScope::Kind::kDomain, "", "mail.example.org"}, true, true},
      {"domain above", {OrderScope::Kind::kDomain, "", "example.org"}, false, false},
      {"all names below", {OrderScope::Kind::kDomain, "", "*.example.org"}, true, true},
      {"all names far below", {OrderScope::Kind::kDomain, "", "*.org"}, true, true},
      {"names below itself", {OrderScope::Kind::kDomain, "", "*.mail.example.org"}, false, false},
      {"tenant", {OrderScope::Kind::kTenant, "", "acme"}, true, true},
      {"other tenant", {OrderScope::Kind::kTenant, "", "mail.example.org"}, false, false},
      {"tag", {OrderScope::Kind::kTag, "run", "7"}, true, true},
      {"other value", {OrderScope::Kind::kTag, "run", "news"}, false, false},
      {"site", {OrderScope::Kind::kSite, "", site.key}, true, false},
      {"host", {OrderScope::Kind::kSite, "", "mx2.test"}, true, false},
      {"other host", {OrderScope::Kind::kSite, "", "mx3.test"}, false, false},
  };
  for (const Case& test : cases) {
    const Orders orders({Suspend(test.scope)});
    EXPECT_EQ(orders.FindSuspension({email, "mail.example.org", &site}, kNow) != nullptr,
              test.with_site)
        << test.name;
    EXPECT_EQ(orders.FindSuspension({email, "mail.example.org"}, kNow) != nullptr,
              test.without_site)
        << test.name;
    EXPECT_EQ(orders.FindReroute({email, "mail.example.org", &site}, kNow), nullptr) << test.name;
  }
}

TEST(OrdersTest, AnOrderThatIsOverOrLiftedDoesNotCount) {
  const storage::EmailRecord email;
  StandingOrder order = Suspend({OrderScope::Kind::kDomain, "", "a.test"});
  order.expire_time = kNow + absl::Seconds(1);
  {
    const Orders orders({order});
    EXPECT_NE(orders.FindSuspension({email, "a.test"}, kNow), nullptr);
    EXPECT_EQ(orders.FindSuspension({email, "a.test"}, order.expire_time), nullptr);
  }
  order.lifted = true;
  const Orders lifted({order});
  EXPECT_EQ(lifted.FindSuspension({email, "a.test"}, kNow), nullptr);
  EXPECT_FALSE(lifted.has_suspensions());
}

TEST(OrdersTest, TheLongestSuspensionAndTheLastRouteCount) {
  storage::EmailRecord email;
  email.tenant = "acme";
  StandingOrder domain = Suspend({OrderScope::Kind::kDomain, "", "a.test"});
  domain.expire_time = kNow + absl::Hours(2);
  StandingOrder tenant = Suspend({OrderScope::Kind::kTenant, "", "acme"});
  tenant.expire_time = kNow + absl::Hours(1);
  StandingOrder old_route = domain;
  old_route.kind = StandingOrder::Kind::kReroute;
  old_route.host = "old.test";
  old_route.create_time = kNow - absl::Hours(2);
  StandingOrder new_route = tenant;
  new_route.kind = StandingOrder::Kind::kReroute;
  new_route.host = "new.test";
  new_route.create_time = kNow - absl::Hours(1);
  const Orders orders({tenant, domain, new_route, old_route});
  EXPECT_EQ(orders.FindSuspension({email, "a.test"}, kNow)->expire_time, domain.expire_time);
  EXPECT_EQ(orders.FindReroute({email, "a.test"}, kNow)->host, "new.test");
  EXPECT_EQ(orders.FindReroute({email, "a.test"}, kNow + absl::Minutes(90))->host, "old.test");
}

}  // namespace
}  // namespace mailstrom::delivery
