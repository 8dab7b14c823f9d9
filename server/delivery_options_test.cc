#include "server/delivery_options.h"

#include <string>

#include "delivery/destination_filter.h"
#include "delivery/options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config.h"

namespace mailstrom::server {
namespace {

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
