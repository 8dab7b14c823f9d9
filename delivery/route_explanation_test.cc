#include "delivery/route_explanation.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/sts/sts_cache.h"
#include "delivery/sts/sts_fetcher.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_connector.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using testing::HasSubstr;
using testing::Not;

class RouteExplanationTest : public testing::Test {
 protected:
  std::string Explain(const std::string& domain, const std::string& sender_domain = "me.test") {
    const SitePolicies policies(SitePolicy(), site_rules_, relay_rules_, sender_rules_,
                                domain_rules_);
    std::optional<RouteExplanation> explanation = loop_.Run(ExplainRoute(
        {resolver_, use_dane_ ? &dane_ : nullptr, use_sts_ ? &sts_ : nullptr, policies, filter_},
        sender_domain, domain));
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
  std::vector<SenderRule> sender_rules_;
  std::vector<DomainRule> domain_rules_;
  FakeConnector connector_{clock_};
  DaneResolver dane_{dns_};
  StsResolver sts_{dns_, clock_, StsFetcher(dns_, random_, filter_, connector_, clock_),
                   StsCache("", 10, clock_.Now()), [] {}};
  bool use_dane_ = true;
  bool use_sts_ = true;
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
  EXPECT_THAT(text, HasSubstr("  10 mx1.a.test\n"));
  EXPECT_THAT(text, HasSubstr("    192.0.2.1\n"));
  EXPECT_THAT(text, HasSubstr("    10.0.0.1 (forbidden: "));
  EXPECT_THAT(text, HasSubstr("  30 mx3.a.test\n    skipped: "));
  EXPECT_THAT(text, HasSubstr("policy: slow ones\n"));
  EXPECT_THAT(text, HasSubstr("rate 0.5 per second"));
  EXPECT_THAT(text, HasSubstr("with 'go slow': slow down"));
}

TEST_F(RouteExplanationTest, SaysWhatDnssecAsksOfEachHost) {
  dns_.AddMx("a.test", 10, "mx1.a.test");
  dns_.AddMx("a.test", 20, "mx2.a.test");
  for (const char* host : {"mx1.a.test", "mx2.a.test"}) {
    dns_.AddAddress(host, "192.0.2.1");
    dns_.SetAuthenticated(host, DnsType::kA);
  }
  EXPECT_THAT(Explain("a.test"), HasSubstr("DANE: not looked for, because DNSSEC does not prove"));
  dns_.SetAuthenticated("a.test", DnsType::kMx);
  dns_.AddRecord("_25._tcp.mx1.a.test", DnsType::kTlsa, "\x03\x01\x01" + std::string(32, 'x'));
  dns_.SetAuthenticated("_25._tcp.mx1.a.test", DnsType::kTlsa);
  const std::string text = Explain("a.test");
  EXPECT_THAT(text, HasSubstr("10 mx1.a.test\n    DANE: TLS is a must, verified by 1 TLSA records "
                              "of mx1.a.test\n"));
  EXPECT_THAT(text, HasSubstr("20 mx2.a.test\n    DANE: no TLSA records that DNSSEC proves\n"));
  use_dane_ = false;
  EXPECT_THAT(Explain("a.test"), HasSubstr("DANE: turned off"));
}

TEST_F(RouteExplanationTest, SaysWhatTheDomainAsksByMtaSts) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  dns_.AddAddress("mx.a.test", "192.0.2.1");
  EXPECT_THAT(Explain("a.test"), HasSubstr("MTA-STS: no policy\n"));
  dns_.AddTxt("_mta-sts.a.test", "v=STSv1; id=7");
  EXPECT_THAT(Explain("a.test"), HasSubstr("MTA-STS: no policy; "));
  clock_.Advance(absl::Hours(1));
  dns_.AddAddress("mta-sts.a.test", "198.51.100.1");
  const std::string policy =
      "version: STSv1\nmode: enforce\nmx: mx.a.test\nmx: *.b.test\nmax_age: 86400\n";
  connector_.AddScript("198.51.100.1")
      .StartTls()
      .Expect("GET /.well-known/mta-sts.txt HTTP/1.1")
      .Expect("Host: mta-sts.a.test")
      .Expect("User-Agent: Mailstrom")
      .Expect("Accept: text/plain")
      .Expect("Connection: close")
      .Expect("")
      .Send(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ",
                         policy.size(), "\r\n\r\n", policy));
  const std::string text = Explain("a.test");
  EXPECT_THAT(text, HasSubstr("MTA-STS: policy 7 is enforced, for hosts mx.a.test *.b.test, to be "
                              "kept for 24h"));
  EXPECT_THAT(text, HasSubstr("so TLS must be verified"));
  use_sts_ = false;
  EXPECT_THAT(Explain("a.test"), HasSubstr("MTA-STS: turned off\n"));
}

TEST_F(RouteExplanationTest, SaysFromWhereAndWhy) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  dns_.AddAddress("mx.a.test", "192.0.2.1");
  dns_.AddAddress("mx.a.test", "2001:db8::1");
  EXPECT_THAT(Explain("a.test"),
              HasSubstr("source: as the system chooses, because nothing else is said\n"));
  const auto pool = std::make_shared<const SourcePool>(
      SourcePool{"bulk", {{"198.51.100.1", 1, "one.me.test"}, {"198.51.100.2", 3, ""}}});
  sender_rules_ = {{{"me.test"}, pool}};
  domain_rules_ = {{{"a.test"}, {.connections = 3, .messages_per_second = 0.5}}};
  const std::string text = Explain("a.test");
  EXPECT_THAT(text, HasSubstr("source: pool bulk, because of the sender"));
  EXPECT_THAT(text, HasSubstr("  198.51.100.1 25 % of IPv4, EHLO one.me.test\n"));
  EXPECT_THAT(text, HasSubstr("  198.51.100.2 75 % of IPv4\n"));
  EXPECT_THAT(text, HasSubstr("2001:db8::1 (skipped: no source address of its family)\n"));
  EXPECT_THAT(text, HasSubstr("limits of the domain: connections 3 at most, rate no limit; "
                              "messages, rate 0.5 per second\n"));
  SiteRule rule;
  rule.name = "a";
  rule.domains = {"a.test"};
  rule.changes.sources = pool;
  site_rules_ = {rule};
  EXPECT_THAT(Explain("a.test"), HasSubstr("because of the rule for the site"));
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
