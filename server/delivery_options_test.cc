#include "server/delivery_options.h"

#include <string>
#include <vector>

#include "delivery/destination_filter.h"
#include "delivery/options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `delivery` is the text below that key, in flow style.
absl::StatusOr<delivery::EngineOptions> Make(const std::string& delivery) {
  const auto config = ParseConfig("store: {memory: {}}\ndelivery: " + delivery,
                                  {.system_host_name = "mail.example.com", .listen_address = ""});
  if (!config.ok()) return config.status();
  return MakeEngineOptions(*config);
}

TEST(DeliveryOptionsTest, LimitsOverAllSitesAndOfEach) {
  const auto options = Make(R"({concurrency: {max_connections: 50, max_connections_per_site: 8,
    first_connections_per_site: 4, max_emails_per_connection: 20, connections_per_second: 100,
    messages_per_second: 200, connections_per_second_per_site: 2, messages_per_second_per_site: 5},
    sites: [{domains: [a.test], policy: {max_connections: 6, messages_per_second: 0}}]})");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->limits.connections, 50);
  EXPECT_EQ(options->limits.connections_per_second, 100);
  EXPECT_EQ(options->limits.messages_per_second, 200);
  const delivery::SitePolicies policies = MakeSitePolicies(*options);
  const delivery::SitePolicy& all = policies.defaults();
  EXPECT_EQ(all.connections, 8);
  EXPECT_EQ(all.first_connections, 4);
  EXPECT_EQ(all.emails_per_connection, 20);
  EXPECT_EQ(all.connections_per_second, 2);
  EXPECT_EQ(all.messages_per_second, 5);
  const auto site = policies.PolicyFor("a.test", {{"mx.a.test", 10}});
  EXPECT_EQ(site->connections, 6);
  EXPECT_EQ(site->first_connections, 4);
  EXPECT_EQ(site->connections_per_second, 2);
  EXPECT_EQ(site->messages_per_second, 0);
}

TEST(DeliveryOptionsTest, FirstConnectionsAreNoMoreThanTheMost) {
  const auto options = Make("{concurrency: {max_connections_per_site: 2}}");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(MakeSitePolicies(*options).defaults().first_connections, 2);
}

TEST(DeliveryOptionsTest, DestinationsAllowedAndOwn) {
  const auto options =
      Make("{own_addresses: [203.0.113.7], allowed_destinations: [10.1.0.0/16, \"fd00::/8\"]}");
  ASSERT_TRUE(options.ok()) << options.status();
  const delivery::DestinationFilter filter = MakeDestinationFilter(*options);
  EXPECT_EQ(filter.Refusal("203.0.113.7"), "address of this host");
  EXPECT_EQ(filter.Refusal("10.1.2.3"), "");
  EXPECT_EQ(filter.Refusal("fd00::1"), "");
  EXPECT_EQ(filter.Refusal("10.2.0.1"), "private address");
}

TEST(DeliveryOptionsTest, DaneAndMtaStsCanBeTurnedOff) {
  const auto defaults = Make("{}");
  EXPECT_TRUE(defaults->use_dane);
  EXPECT_TRUE(defaults->use_mta_sts);
  const auto options = Make("{use_dane: false, use_mta_sts: false}");
  EXPECT_FALSE(options->use_dane);
  EXPECT_FALSE(options->use_mta_sts);
}

TEST(DeliveryOptionsTest, LimitsOfDomains) {
  const auto options = Make(R"({concurrency: {max_connections_per_domain: 9,
    messages_per_second_per_domain: 5}, domain_limits: [{domains: ["*.a.test"], max_connections: 2,
    connections_per_second: 0.5}, {domains: [b.test], max_connections: 0, messages_per_second: 0}]})");
  ASSERT_TRUE(options.ok()) << options.status();
  const delivery::SitePolicies policies = MakeSitePolicies(*options);
  const delivery::DomainLimits named = policies.DomainLimitsFor("x.a.test");
  EXPECT_EQ(named.connections, 2);
  EXPECT_EQ(named.connections_per_second, 0.5);
  EXPECT_EQ(named.messages_per_second, 5) << "as for all";
  EXPECT_FALSE(policies.DomainLimitsFor("b.test").any());
  EXPECT_EQ(policies.DomainLimitsFor("other.test").connections, 9);
  EXPECT_FALSE(MakeSitePolicies(*Make("{}")).DomainLimitsFor("other.test").any());
}

TEST(DeliveryOptionsTest, NoTwoRulesShareAName) {
  const auto options = Make(R"({relay: "mx.a.test:25",
    relays: [{hosts: [mx.a.test], port: 587, sender_domains: [b.test]},
             {hosts: [mx.a.test], sender_domains: [c.test]}, {hosts: [d.test], name: mx.a.test}],
    sites: [{hosts: [mx.a.test]}]})");
  ASSERT_TRUE(options.ok()) << options.status();
  std::vector<std::string> names;
  for (const delivery::RelayRule& rule : options->relay_rules) names.push_back(rule.name);
  for (const delivery::SiteRule& rule : options->site_rules) names.push_back(rule.name);
  EXPECT_THAT(names, ElementsAre("mx.a.test (2)", "mx.a.test (3)", "mx.a.test", "mx.a.test:25",
                                 "mx.a.test (4)"));
}

TEST(DeliveryOptionsTest, WrongSettingsAreToldByPath) {
  const struct Case {
    std::string delivery;
    std::string error;
  } kCases[] = {
      {"{allowed_destinations: [10.0.0.1/8]}",
       "delivery.allowed_destinations[0]: not an IP address or block"},
      {"{own_addresses: [192.0.2.1, mx.a.test]}",
       "delivery.own_addresses[1]: not an IP address or block"},
      {"{concurrency: {messages_per_second: nan}}", "delivery.concurrency.messages_per_second"},
      {"{concurrency: {connections_per_second_per_site: -1}}",
       "delivery.concurrency.connections_per_second_per_site: -1 is not between 0 and"},
      {"{relays: [{name: x, hosts: [a.test]}], sites: [{name: x, domains: [b.test]}]}",
       "delivery.sites[0].name: \"x\" names another rule"},
      {"{relays: [{name: x, hosts: [a.test]}, {name: x, hosts: [b.test]}]}",
       "delivery.relays[1].name: \"x\" names another rule"},
      {"{domain_limits: [{}]}", "delivery.domain_limits[0].domains: are required"},
      {"{domain_limits: [{domains: [a.test], messages_per_second: nan}]}",
       "delivery.domain_limits[0].messages_per_second"},
      {"{concurrency: {max_connections_per_domain: -1}}",
       "delivery.concurrency.max_connections_per_domain"},
      {"{concurrency: {max_emails_per_connection: 0}}",
       "delivery.concurrency.max_emails_per_connection"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.delivery);
    EXPECT_THAT(std::string(Make(c.delivery).status().message()), HasSubstr(c.error));
  }
}

}  // namespace
}  // namespace mailstrom::server
