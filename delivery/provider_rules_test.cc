#include "delivery/provider_rules.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(ProviderRulesTest, NamesDiffer) {
  std::set<std::string> names = {"default"};
  for (const SiteRule& rule : ProviderRules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_FALSE(rule.hosts.empty());
    EXPECT_TRUE(rule.domains.empty()) << "the operator's own rules by domain go first";
  }
}

TEST(ProviderRulesTest, ProvidersAreKnownByTheirHosts) {
  const SitePolicies policies(SitePolicy(), ProviderRules(), {});
  struct Case {
    std::string host;
    std::string want;
  };
  for (const Case& c : std::vector<Case>{{"gmail-smtp-in.l.google.com", "google"},
                                         {"aspmx.l.google.com", "google"},
                                         {"example-com.mail.protection.outlook.com", "microsoft"},
                                         {"mta5.am0.yahoodns.net", "yahoo"},
                                         {"mx01.mail.icloud.com", "apple"},
                                         {"mx.example.com", "default"},
                                         {"google.com.example.com", "default"}}) {
    EXPECT_EQ(policies.PolicyFor("example.com", {{c.host, 5}})->name, c.want) << c.host;
  }
}

TEST(ProviderRulesTest, TheirOwnWordsAreUnderstood) {
  const SitePolicies policies(SitePolicy(), ProviderRules(), {});
  const auto action = [&](const std::string& host, int code, const std::string& enhanced_code,
                          const std::string& text) -> int {
    const ReplyRule* rule = FindReplyRule(
        policies.PolicyFor("example.com", {{host, 5}})->reply_rules, {code, enhanced_code, {text}});
    return rule == nullptr ? -1 : static_cast<int>(rule->action);
  };
  EXPECT_EQ(action("aspmx.l.google.com", 421, "4.7.28", "unusual rate of unsolicited mail"),
            static_cast<int>(ReplyRule::Action::kSlowDown));
  EXPECT_EQ(action("mta5.am0.yahoodns.net", 421, "4.7.0",
                   "[TSS04] Messages temporarily deferred due to unexpected volume"),
            static_cast<int>(ReplyRule::Action::kSuspend));
  EXPECT_EQ(action("mta5.am0.yahoodns.net", 554, "", "delivery error: not our user"), -1);
}

}  // namespace
}  // namespace mailstrom::delivery
