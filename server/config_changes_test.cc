#include "server/config_changes.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

config::v1::ServerConfig Parse(const std::string& yaml) {
  const auto config =
      ParseConfig(yaml, {.system_host_name = "mail.example.com", .listen_address = ""});
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : config::v1::ServerConfig();
}

// What waits when `lines` are added to the shortest configuration.
std::vector<std::string> Waiting(const std::string& lines) {
  const std::string shortest = "store: {rocksdb: {path: /a}}\n";
  return ChangesThatWait(Parse(shortest), Parse(shortest + lines));
}

TEST(ConfigChangesTest, PoliciesDoNotWait) {
  EXPECT_THAT(Waiting(""), IsEmpty());
  EXPECT_THAT(Waiting(R"(
delivery:
  tls: TLS_MODE_REQUIRE
  destination_port: 2525
  relay: relay.test
  relays: [{hosts: [a.test], recipient_domains: [b.test]}]
  sites: [{domains: [c.test]}]
  domain_limits: [{domains: [e.test], max_connections: 1}]
  source_pools: [{name: p, addresses: [{address: 192.0.2.1}]}]
  source_pool: p
  senders: [{sender_domains: [d.test], source_pool: p}]
  use_provider_rules: false
  reply_rules: [{text: x, action: REPLY_ACTION_SUSPEND}]
  retry: {max_retries: 9, initial_delay: 1s, max_delay: 1h, multiplier: 3, jitter: 0}
  concurrency: {max_connections_per_site: 3, first_connections_per_site: 1,
    max_emails_per_connection: 2, max_recipients_per_transaction: 5,
    connections_per_second_per_site: 1, messages_per_second_per_site: 1,
    max_connections_per_domain: 1, connections_per_second_per_domain: 1,
    messages_per_second_per_domain: 1}
dkim: {keys: [{domain: a.test, selector: s, private_key_file: /k}]}
)"),
              IsEmpty());
}

TEST(ConfigChangesTest, TheRestWaitsAndIsNamed) {
  EXPECT_THAT(Waiting("listen_address: 127.0.0.1:1"), ElementsAre("listen_address"));
  EXPECT_THAT(Waiting("delivery: {retry: {lifetime: 1d, max_retries: 1}}"),
              ElementsAre("delivery.retry.lifetime"));
  EXPECT_THAT(Waiting("delivery: {use_mta_sts: false, use_dane: false}"),
              ElementsAre("delivery.use_dane", "delivery.use_mta_sts"));
  EXPECT_THAT(
      Waiting("delivery: {concurrency: {messages_per_second: 5}, own_addresses: [1.2.3.4]}"),
      ElementsAre("delivery.concurrency.messages_per_second", "delivery.own_addresses"));
  EXPECT_THAT(Waiting("dns: {servers: [\"::1\"]}\nlog: {level: debug}"),
              ElementsAre("dns.servers", "log.level"));
  EXPECT_THAT(
      ChangesThatWait(Parse("store: {rocksdb: {path: /a}}"), Parse("store: {rocksdb: {path: /b}}")),
      ElementsAre("store.rocksdb.path"));
}

}  // namespace
}  // namespace mailstrom::server
