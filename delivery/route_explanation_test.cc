#include "delivery/route_explanation.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using testing::HasSubstr;
using testing::Not;

class RouteExplanationTest : public testing::Test {
 protected:
  std::string Explain(const std::string& domain, const std::string& sender_domain = "me.test") {
    const SitePolicies policies(SitePolicy(), site_rules_, relay_rules_);
    std::optional<RouteExplanation> explanation =
        loop_.Run(ExplainRoute(resolver_, policies, filter_, sender_domain, domain));
    return explanation ? ToText(*explanation) : "hangs";
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  DeterministicRandom random_;
  FakeDnsClient dns_{clock_};
  MxResolver resolver_{dns_, random_, {}};
  DestinationFilter filter_{false};
  std::vector<SiteRule> site_rules_;
  std::vector<RelayRule> relay_rules_;
};

TEST_F(RouteExplanationTest, ShowsHostsAddressesAndPolicy) {
  dns_.AddMx("a.test", 10, "mx1.a.test");
  dns_.AddMx("a.test", 20, "mx2.a.test");
  dns_.AddMx("a.test", 30, "mx3.a.test");
  dns_.AddAddress("mx1.a.test", "192.0.2.1");
  dns_.AddAddress("mx2.a.test", "10.0.0.1");
  dns_.AddName("mx3.a.test");
  SiteRule rule;
  rule.name = "slow ones";
  rule.hosts = {"mx1.a.test"};
  rule.changes.messages_per_second = 0.5;
  rule.changes.reply_rules.resize(1);
  rule.changes.reply_rules[0].text = "go slow";
  site_rules_ = {rule};
  const std::string text = Explain("a.test");
  EXPECT_THAT(text, HasSubstr("to the MX hosts"));
  EXPECT_THAT(text, HasSubstr("  10 mx1.a.test\n    192.0.2.1\n"));
  EXPECT_THAT(text, HasSubstr("    10.0.0.1 (forbidden: "));
  EXPECT_THAT(text, HasSubstr("  30 mx3.a.test\n    skipped: "));
  EXPECT_THAT(text, HasSubstr("policy: slow ones\n"));
  EXPECT_THAT(text, HasSubstr("rate 0.5 per second"));
  EXPECT_THAT(text, HasSubstr("with 'go slow': slow down"));
}

TEST_F(RouteExplanationTest, SaysWhyThereIsNoRoute) {
  dns_.AddNullMx("null.test");
  EXPECT_THAT(Explain("null.test"), HasSubstr("route: none: 5.1.10 "));
  EXPECT_THAT(Explain("nowhere.test"), HasSubstr("route: none: 5.1.2 "));
}

TEST_F(RouteExplanationTest, ShowsRelaysWithoutTheirSecrets) {
  dns_.AddAddress("relay.test", "10.0.0.1");
  RelayRule rule;
  rule.name = "smarthost";
  rule.sender_domains = {"me.test"};
  rule.hosts = {"relay.test"};
  rule.credentials = smtp::Credentials{"caller", "hunter2", "", false};
  relay_rules_ = {rule};
  const std::string text = Explain("a.test");
  EXPECT_THAT(text, HasSubstr("by relay"));
  EXPECT_THAT(text, HasSubstr("    10.0.0.1\n")) << "the operator may choose any address";
  EXPECT_THAT(text, HasSubstr("AUTH as: caller"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(Explain("a.test", "other.test"), Not(HasSubstr("by relay")));
}

}  // namespace
}  // namespace mailstrom::delivery
