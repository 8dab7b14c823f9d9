#include "delivery/options.h"

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(OptionsTest, DefaultsComeFromTheOptions) {
  EngineOptions options;
  options.destination_port = 2525;
  options.tls = smtp::TlsMode::kVerify;
  options.retry.max_retries = 8;
  options.limits.connections_per_site = 3;
  options.limits.recipients_per_transaction = 4;
  options.reply_rules.resize(2);
  const SitePolicies policies = MakeSitePolicies(options);
  EXPECT_EQ(policies.defaults().port, 2525);
  EXPECT_EQ(policies.defaults().tls, smtp::TlsMode::kVerify);
  EXPECT_EQ(policies.defaults().retry.max_retries, 8);
  EXPECT_EQ(policies.defaults().connections, 3);
  EXPECT_EQ(policies.defaults().recipients_per_transaction, 4);
  EXPECT_EQ(policies.defaults().reply_rules.size(), 2u);
}

TEST(OptionsTest, OwnRulesGoBeforeThoseForProviders) {
  EngineOptions options;
  EXPECT_EQ(MakeSitePolicies(options).PolicyFor("x.test", {{"mx.google.com", 1}})->name, "google");
  SiteRule rule;
  rule.name = "mine";
  rule.hosts = {"mx.google.com"};
  options.site_rules = {rule};
  EXPECT_EQ(MakeSitePolicies(options).PolicyFor("x.test", {{"mx.google.com", 1}})->name, "mine");
  options.site_rules[0].name = "google";
  EXPECT_EQ(MakeSitePolicies(options).PolicyFor("x.test", {{"other.google.com", 1}})->name,
            "default")
      << "a rule of that name replaces the one for a provider";
  options.site_rules.clear();
  options.use_provider_rules = false;
  EXPECT_EQ(MakeSitePolicies(options).PolicyFor("x.test", {{"mx.google.com", 1}})->name, "default");
}

}  // namespace
}  // namespace mailstrom::delivery
