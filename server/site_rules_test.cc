#include "server/site_rules.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<config::v1::ServerConfig> Parse(const std::string& delivery) {
  return ParseConfig("store: {memory: {}}\ndelivery: " + delivery,
                     {.system_host_name = "mail.example.com", .listen_address = ""});
}

TEST(SiteRulesTest, WhatIsSetChangesAndNothingElse) {
  const auto config = Parse(R"({sites: [
    {domains: [a.test, "*.a.test"], tls: TLS_MODE_REQUIRE,
     policy: {max_connections: 2, messages_per_second: 0.5, max_retries: 9, initial_delay: 1m}},
    {name: big, hosts: ["*.mx.test"], port: 2525}]})");
  ASSERT_TRUE(config.ok()) << config.status();
  const std::vector<delivery::SiteRule> rules =
      MakeSiteRules(config->delivery(), MakeSourcePools(config->delivery()));
  ASSERT_EQ(rules.size(), 2);
  EXPECT_EQ(rules[0].name, "a.test");
  EXPECT_THAT(rules[0].domains, ElementsAre("a.test", "*.a.test"));
  EXPECT_EQ(rules[0].changes.tls, delivery::smtp::TlsMode::kRequire);
  EXPECT_EQ(rules[0].changes.connections, 2);
  EXPECT_EQ(rules[0].changes.messages_per_second, 0.5);
  EXPECT_EQ(rules[0].changes.retry.max_retries, 9);
  EXPECT_EQ(rules[0].changes.retry.initial_delay, absl::Minutes(1));
  EXPECT_EQ(rules[0].changes.port, std::nullopt);
  EXPECT_EQ(rules[0].changes.first_connections, std::nullopt);
  EXPECT_EQ(rules[0].changes.retry.max_delay, std::nullopt);
  EXPECT_EQ(rules[1].name, "big");
  EXPECT_THAT(rules[1].hosts, ElementsAre("*.mx.test"));
  EXPECT_EQ(rules[1].changes.port, 2525);
  EXPECT_EQ(rules[1].changes.tls, std::nullopt);
  EXPECT_EQ(rules[1].changes.connections, std::nullopt);
}

TEST(SiteRulesTest, ReplyRules) {
  const auto config = Parse(R"({reply_rules: [
    {text: "on our list", action: REPLY_ACTION_SUSPEND, suspend_for: 1h},
    {first_code: 550, last_code: 550, enhanced_code_prefix: "5.7.", action: REPLY_ACTION_TEMPORARY}]})");
  ASSERT_TRUE(config.ok()) << config.status();
  const std::vector<delivery::ReplyRule> rules = ToReplyRules(config->delivery().reply_rules());
  ASSERT_EQ(rules.size(), 2);
  EXPECT_EQ(rules[0].first_code, 400);
  EXPECT_EQ(rules[0].last_code, 599);
  EXPECT_EQ(rules[0].text, "on our list");
  EXPECT_EQ(rules[0].action, delivery::ReplyRule::Action::kSuspend);
  EXPECT_EQ(rules[0].suspend_for, absl::Hours(1));
  EXPECT_EQ(rules[1].first_code, 550);
  EXPECT_EQ(rules[1].last_code, 550);
  EXPECT_EQ(rules[1].enhanced_code_prefix, "5.7.");
  EXPECT_EQ(rules[1].action, delivery::ReplyRule::Action::kTemporary);
}

TEST(SiteRulesTest, WrongSettingsAreToldByPath) {
  const struct Case {
    std::string delivery;
    std::string error;
  } kCases[] = {
      {"{sites: [{name: x}]}", "delivery.sites[0]: domains or hosts are required"},
      {"{sites: [{domains: [\"*\"]}]}", "delivery.sites[0].domains: \"*\" is no domain"},
      {"{sites: [{domains: [a.test], name: a}, {hosts: [a.test], name: a}]}",
       "delivery.sites[1].name: \"a\" names another rule"},
      {"{sites: [{name: default, domains: [a.test]}]}", "delivery.sites[0].name"},
      {"{sites: [{domains: [a.test], port: 70000}]}", "delivery.sites[0].port"},
      {"{sites: [{domains: [a.test], policy: {max_connections: 0}}]}",
       "delivery.sites[0].policy.max_connections: 0 is not between 1 and 10000"},
      {"{sites: [{domains: [a.test], policy: {messages_per_second: -1}}]}",
       "delivery.sites[0].policy.messages_per_second"},
      {"{sites: [{domains: [a.test], policy: {initial_delay: 0s}}]}",
       "delivery.sites[0].policy.initial_delay"},
      {"{relays: [{hosts: [a.test], policy: {multiplier: 0.5}}]}",
       "delivery.relays[0].policy.multiplier"},
      {"{reply_rules: [{text: x}]}", "delivery.reply_rules[0].action: is required"},
      {"{reply_rules: [{first_code: 250, action: REPLY_ACTION_SUSPEND}]}",
       "delivery.reply_rules[0].first_code"},
      {"{reply_rules: [{first_code: 500, last_code: 499, action: REPLY_ACTION_SUSPEND}]}",
       "delivery.reply_rules[0].last_code"},
      {"{sites: [{domains: [a.test], policy: {reply_rules: [{}]}}]}",
       "delivery.sites[0].policy.reply_rules[0].action"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.delivery);
    EXPECT_THAT(std::string(Parse(c.delivery).status().message()), HasSubstr(c.error));
  }
}

}  // namespace
}  // namespace mailstrom::server
