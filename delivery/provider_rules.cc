#include "delivery/provider_rules.h"

#include <string>
#include <utility>

#include "absl/time/time.h"

namespace mailstrom::delivery {
namespace {

using Action = ReplyRule::Action;

ReplyRule Refusal(const std::string& text, Action action,
                  absl::Duration suspend_for = absl::Minutes(5)) {
  ReplyRule rule;
  rule.text = text;
  rule.action = action;
  rule.suspend_for = suspend_for;
  return rule;
}

ReplyRule Code(const std::string& enhanced_code_prefix, Action action) {
  ReplyRule rule;
  rule.enhanced_code_prefix = enhanced_code_prefix;
  rule.action = action;
  return rule;
}

SiteRule Provider(const std::string& name, std::vector<std::string> hosts, int connections,
                  std::vector<ReplyRule> reply_rules) {
  SiteRule rule;
  rule.name = name;
  rule.hosts = std::move(hosts);
  rule.changes.connections = connections;
  rule.changes.reply_rules = std::move(reply_rules);
  return rule;
}

}  // namespace

std::vector<SiteRule> ProviderRules() {
  return {
      Provider("google", {"*.google.com", "*.googlemail.com"}, 20,
               {Code("4.7.28", Action::kSlowDown), Code("4.7.29", Action::kSlowDown),
                // One busy mailbox is no reason to go slow with the others.
                Refusal("receiving mail at a rate", Action::kTemporary)}),
      Provider("microsoft",
               {"*.mail.protection.outlook.com", "*.olc.protection.outlook.com", "*.mx.microsoft",
                "*.hotmail.com"},
               20,
               {Refusal("exceeded the rate limit", Action::kSuspend, absl::Minutes(10)),
                Refusal("server busy", Action::kSlowDown), Code("4.7.500", Action::kSlowDown),
                Code("4.7.650", Action::kSuspend), Code("4.7.651", Action::kSuspend)}),
      Provider("yahoo", {"*.yahoodns.net"}, 10,
               {// Complaints or volume; the codes in brackets tell how long it lasts.
                Refusal("[tss04]", Action::kSuspend, absl::Minutes(10)),
                Refusal("[tss05]", Action::kSuspend, absl::Minutes(10)),
                Refusal("[tss09]", Action::kSuspend, absl::Hours(1)),
                Refusal("[tss11]", Action::kSuspend, absl::Hours(1)),
                Refusal("too many connections", Action::kSlowDown)}),
      Provider("apple", {"*.mail.icloud.com"}, 10,
               {Refusal("too many messages", Action::kSuspend, absl::Minutes(10))}),
      Provider("comcast", {"*.comcast.net"}, 10,
               {Refusal("too many sessions", Action::kSlowDown),
                Refusal("throttled", Action::kSuspend, absl::Minutes(10))}),
  };
}

}  // namespace mailstrom::delivery
