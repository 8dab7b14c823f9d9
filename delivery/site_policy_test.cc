#include "delivery/site_policy.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

SiteRule Rule(const std::string& name, std::vector<std::string> domains,
              std::vector<std::string> hosts) {
  SiteRule rule;
  rule.name = name;
  rule.domains = std::move(domains);
  rule.hosts = std::move(hosts);
  return rule;
}

RelayRule Relay(const std::string& name, std::vector<std::string> senders,
                std::vector<std::string> recipients, std::vector<std::string> hosts) {
  RelayRule rule;
  rule.name = name;
  rule.sender_domains = std::move(senders);
  rule.recipient_domains = std::move(recipients);
  rule.hosts = std::move(hosts);
  return rule;
}

TEST(SitePolicyTest, DomainsGoBeforeHostsAndTheFirstCounts) {
  const SitePolicies policies(
      SitePolicy(),
      {Rule("by host", {}, {"*.Google.com"}), Rule("one", {"One.test"}, {}),
       Rule("sub", {"*.sub.test"}, {}), Rule("one again", {"one.test"}, {})},
      {});
  const std::vector<MxHost> google = {{"mx1.google.com", 5}, {"mx2.google.com", 5}, {"x.test", 9}};
  EXPECT_EQ(policies.PolicyFor("one.test", google)->name, "one");
  EXPECT_EQ(policies.PolicyFor("two.test", google)->name, "by host");
  EXPECT_EQ(policies.PolicyFor("a.sub.test", {})->name, "sub");
  EXPECT_EQ(policies.PolicyFor("b.a.sub.test", {})->name, "sub");
  EXPECT_EQ(policies.PolicyFor("sub.test", {})->name, "default");
  EXPECT_EQ(policies.PolicyFor("xsub.test", {})->name, "default");
  EXPECT_EQ(policies.PolicyFor("two.test", {{"google.com", 5}})->name, "default");
  EXPECT_EQ(policies.PolicyFor("two.test", {{"mx.google.com", 5}, {"mx.test", 5}})->name,
            "default");
}

TEST(SitePolicyTest, RuleChangesWhatItNames) {
  SitePolicy defaults;
  defaults.connections = 7;
  defaults.retry.max_retries = 9;
  defaults.reply_rules.resize(1);
  SiteRule rule = Rule("slow", {"slow.test"}, {});
  rule.changes.messages_per_second = 0.5;
  rule.changes.tls = smtp::TlsMode::kVerify;
  rule.changes.retry.initial_delay = absl::Hours(1);
  rule.changes.reply_rules.resize(2);
  const SitePolicies policies(defaults, {rule}, {});
  const auto policy = policies.PolicyFor("slow.test", {});
  EXPECT_EQ(policy->connections, 7);
  EXPECT_EQ(policy->messages_per_second, 0.5);
  EXPECT_EQ(policy->tls, smtp::TlsMode::kVerify);
  EXPECT_EQ(policy->retry.max_retries, 9);
  EXPECT_EQ(policy->retry.initial_delay, absl::Hours(1));
  EXPECT_EQ(policy->reply_rules.size(), 3u);
  EXPECT_FALSE(policy->trusted);
}

TEST(SitePolicyTest, RelaysBySenderAndRecipient) {
  RelayRule by_recipient = Relay("by recipient", {}, {"*.corp.test"}, {"10.0.0.1"});
  by_recipient.credentials = smtp::Credentials{"me", "secret", "", false};
  by_recipient.changes.port = 587;
  const SitePolicies policies(SitePolicy(), {},
                              {by_recipient, Relay("direct", {"me.test"}, {"direct.test"}, {}),
                               Relay("by sender", {"me.test"}, {}, {"relay1.test", "Relay2.test"}),
                               Relay("bounces", {"<>"}, {}, {"bounces.test"})});
  const SitePolicies::Relay* relay = policies.FindRelay("other.test", "a.corp.test");
  ASSERT_NE(relay, nullptr);
  EXPECT_EQ(relay->policy->name, "by recipient");
  EXPECT_EQ(relay->policy->port, 587);
  EXPECT_EQ(relay->policy->credentials->username, "me");
  EXPECT_TRUE(relay->policy->trusted);
  EXPECT_EQ(policies.FindRelay("me.test", "direct.test"), nullptr);
  relay = policies.FindRelay("me.test", "b.test");
  ASSERT_NE(relay, nullptr);
  ASSERT_EQ(relay->hosts.size(), 2u);
  EXPECT_EQ(relay->hosts[1].name, "relay2.test");
  EXPECT_LT(relay->hosts[0].preference, relay->hosts[1].preference);
  EXPECT_EQ(policies.FindRelay("", "b.test")->policy->name, "bounces");
  EXPECT_EQ(policies.FindRelay("other.test", "b.test"), nullptr);
}

TEST(SitePolicyTest, OneRelayForAll) {
  const SitePolicies policies(SitePolicy(), {}, {Relay("smarthost", {}, {}, {"smart.test"})});
  EXPECT_NE(policies.FindRelay("", "b.test"), nullptr);
  EXPECT_NE(policies.FindRelay("a.test", "b.test"), nullptr);
}

}  // namespace
}  // namespace mailstrom::delivery
