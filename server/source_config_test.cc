#include "server/source_config.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config.h"
#include "server/delivery_options.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `delivery` is the text below that key, in flow style.
absl::StatusOr<config::v1::ServerConfig> Parse(const std::string& delivery) {
  return ParseConfig("store: {memory: {}}\ndelivery: " + delivery,
                     {.system_host_name = "mail.example.com", .listen_address = ""});
}

TEST(SourceConfigTest, SitesGoBeforeSendersAndSendersBeforeTheRest) {
  const auto config = Parse(R"({
    source_pools: [{name: all, addresses: [{address: 127.0.0.2}, {address: "0:0::1", weight: 3}]},
                   {name: bulk, addresses: [{address: 127.0.0.3, host_name: bulk.example.com}]},
                   {name: vip, addresses: [{address: 127.0.0.4}]}],
    source_pool: all,
    senders: [{sender_domains: ["*.news.test", "<>"], source_pool: bulk},
              {sender_domains: [plain.test]}],
    sites: [{domains: [partner.test], source_pool: vip}],
    relays: [{hosts: [relay.test], recipient_domains: [relayed.test], source_pool: bulk}]})");
  ASSERT_TRUE(config.ok()) << config.status();
  const auto options = MakeEngineOptions(*config);
  ASSERT_TRUE(options.ok()) << options.status();
  const delivery::SitePolicies policies = MakeSitePolicies(*options);
  const auto pool = [&](const std::string& domain, const std::string& sender) {
    const auto policy = policies.PolicyFor(domain, {{"mx.test", 10}});
    const auto sources = policies.SourcesFor(*policy, sender);
    return sources.pool == nullptr ? "" : sources.pool->name;
  };
  EXPECT_EQ(pool("a.test", "shop.test"), "all");
  EXPECT_EQ(pool("a.test", "x.news.test"), "bulk");
  EXPECT_EQ(pool("a.test", ""), "bulk") << "the null reverse-path";
  EXPECT_EQ(pool("a.test", "plain.test"), "") << "the system chooses";
  EXPECT_EQ(pool("partner.test", "x.news.test"), "vip");
  EXPECT_EQ(policies.FindRelay("shop.test", "relayed.test")->policy->sources->name, "bulk");
  const auto all = policies.SourcesFor(policies.defaults(), "shop.test").pool;
  EXPECT_THAT(all->addresses, ElementsAre(delivery::SourceAddress{"127.0.0.2", 1, ""},
                                          delivery::SourceAddress{"::1", 3, ""}));
}

TEST(SourceConfigTest, WrongSettingsAreToldByPath) {
  const struct Case {
    std::string delivery;
    std::string error;
  } kCases[] = {
      {"{source_pools: [{addresses: [{address: 127.0.0.1}]}]}",
       "delivery.source_pools[0].name: is required"},
      {"{source_pools: [{name: a}]}", "delivery.source_pools[0].addresses: are required"},
      {"{source_pools: [{name: a, addresses: [{address: mx.test}]}]}",
       "delivery.source_pools[0].addresses[0].address: \"mx.test\" is no address"},
      {"{source_pools: [{name: a, addresses: [{address: 0.0.0.0}]}]}", "is no address of a host"},
      {"{source_pools: [{name: a, addresses: [{address: \"::1\"}, {address: \"0::1\"}]}]}",
       "addresses[1].address: ::1 is in the pool already"},
      {"{source_pools: [{name: a, addresses: [{address: 127.0.0.1, weight: 0}]}]}",
       "addresses[0].weight: 0 is not between 0.001"},
      {"{source_pools: [{name: a, addresses: [{address: 127.0.0.1, weight: nan}]}]}",
       "addresses[0].weight"},
      {"{source_pools: [{name: a, addresses: [{address: 127.0.0.1, host_name: x}]}]}",
       "addresses[0].host_name: \"x\" is not a fully"},
      {"{source_pools: [{name: a, addresses: [{address: 127.0.0.1}]}, {name: a, addresses: "
       "[{address: 127.0.0.1}]}]}",
       "delivery.source_pools[1].name: \"a\" names another pool"},
      {"{source_pool: a}", "delivery.source_pool: \"a\" names no pool"},
      {"{sites: [{domains: [a.test], source_pool: a}]}", "delivery.sites[0].source_pool"},
      {"{relays: [{hosts: [a.test], source_pool: a}]}", "delivery.relays[0].source_pool"},
      {"{senders: [{source_pool: a}]}", "delivery.senders[0].source_pool"},
      {"{senders: [{}]}", "delivery.senders[0].sender_domains: are required"},
      {"{senders: [{sender_domains: [\"a b\"]}]}", "delivery.senders[0].sender_domains"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.delivery);
    EXPECT_THAT(std::string(Parse(c.delivery).status().message()), HasSubstr(c.error));
  }
}

TEST(SourceConfigTest, AddressesOfOtherHostsAreToldByPath) {
  const auto here = Parse(
      "{source_pools: [{name: a, addresses: [{address: 127.0.0.1}, {address: 127.0.0.77}]}]}");
  EXPECT_TRUE(CheckSourceAddresses(here->delivery()).ok());
  const auto there =
      Parse("{source_pools: [{name: a, addresses: [{address: 127.0.0.1}, {address: 192.0.2.1}]}]}");
  const absl::Status status = CheckSourceAddresses(there->delivery());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("delivery.source_pools[0].addresses[1].address: 192.0.2.1 cannot be sent "
                        "from on this host: "));
}

}  // namespace
}  // namespace mailstrom::server
