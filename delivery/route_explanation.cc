#include "delivery/route_explanation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "delivery/attempt_record.h"
#include "delivery/reply_policy.h"
#include "delivery/site.h"

namespace mailstrom::delivery {
namespace {

const char* TlsText(smtp::TlsMode tls) {
  switch (tls) {
    case smtp::TlsMode::kNone:
      return "never";
    case smtp::TlsMode::kOpportunistic:
      return "where offered, unverified; in clear otherwise";
    case smtp::TlsMode::kRequire:
      return "always, unverified";
    case smtp::TlsMode::kVerify:
      return "always, verified";
  }
  return "unknown";
}

const char* ActionText(ReplyRule::Action action) {
  switch (action) {
    case ReplyRule::Action::kSlowDown:
      return "slow down";
    case ReplyRule::Action::kSuspend:
      return "suspend";
    case ReplyRule::Action::kPermanent:
      return "give up";
    case ReplyRule::Action::kTemporary:
      return "try again";
  }
  return "unknown";
}

std::string RateText(double per_second) {
  return per_second > 0 ? absl::StrFormat("%g per second", per_second) : "no limit";
}

void AppendHosts(const RouteExplanation& explanation, std::string& text) {
  for (const RouteExplanation::Host& host : explanation.hosts) {
    absl::StrAppend(&text, "  ", host.host.preference, " ", host.host.name, "\n");
    if (!host.error.empty()) absl::StrAppend(&text, "    skipped: ", host.error, "\n");
    for (const RouteExplanation::Address& address : host.addresses) {
      absl::StrAppend(&text, "    ", address.text);
      if (!address.refusal.empty()) absl::StrAppend(&text, " (forbidden: ", address.refusal, ")");
      absl::StrAppend(&text, "\n");
    }
  }
}

void AppendPolicy(const SitePolicy& policy, std::string& text) {
  absl::StrAppend(&text, "policy: ", policy.name, "\n");
  absl::StrAppend(&text, "  port: ", policy.port, "\n");
  absl::StrAppend(&text, "  TLS: ", TlsText(policy.tls), "\n");
  if (policy.credentials) {
    absl::StrAppend(&text, "  AUTH as: ", policy.credentials->username, "\n");
  }
  absl::StrAppend(&text, "  connections: ", policy.first_connections, " at first, ",
                  policy.connections, " at most, rate ", RateText(policy.connections_per_second),
                  "\n");
  absl::StrAppend(&text, "  messages: ", policy.emails_per_connection, " a connection, ",
                  policy.recipients_per_transaction, " recipients each, rate ",
                  RateText(policy.messages_per_second), "\n");
  absl::StrAppend(&text, "  retries: ", policy.retry.max_retries, ", after ",
                  absl::FormatDuration(policy.retry.initial_delay), ", times ",
                  absl::StrFormat("%g", policy.retry.multiplier), ", at most ",
                  absl::FormatDuration(policy.retry.max_delay), "\n");
  for (const ReplyRule& rule : policy.reply_rules) {
    absl::StrAppend(&text, "  reply ", rule.first_code, "-", rule.last_code, " ",
                    rule.enhanced_code_prefix, "* with '", rule.text,
                    "': ", ActionText(rule.action), "\n");
  }
}

}  // namespace

asio::awaitable<RouteExplanation> ExplainRoute(MxResolver& resolver, const SitePolicies& policies,
                                               const DestinationFilter& filter,
                                               std::string sender_domain, std::string domain) {
  RouteExplanation explanation;
  explanation.domain = domain;
  Site site;
  if (const SitePolicies::Relay* relay = policies.FindRelay(sender_domain, domain)) {
    explanation.by_relay = true;
    explanation.kind = MxRoute::Kind::kHosts;
    site = MakeSite(relay->hosts, relay->policy);
  } else {
    MxRoute route = co_await resolver.Resolve(domain);
    explanation.kind = route.kind;
    if (route.kind != MxRoute::Kind::kHosts) {
      explanation.description = Describe(JudgeRoute(route.kind), route.description);
      co_return explanation;
    }
    std::shared_ptr<const SitePolicy> policy = policies.PolicyFor(domain, route.hosts);
    site =
        MakeSite(std::move(route.hosts), std::move(policy), route.authenticated, route.must_verify);
  }
  explanation.policy = site.policy;
  explanation.site_key = site.key;
  for (const MxHost& mx_host : site.hosts) {
    RouteExplanation::Host host;
    host.host = mx_host;
    const absl::StatusOr<std::vector<std::string>> addresses =
        co_await resolver.Addresses(mx_host.name);
    if (!addresses.ok()) {
      host.error = std::string(addresses.status().message());
    } else if (addresses->empty()) {
      host.error = "it has no address";
    } else {
      for (const std::string& address : *addresses) {
        host.addresses.push_back({address, site.policy->trusted ? "" : filter.Refusal(address)});
      }
    }
    explanation.hosts.push_back(std::move(host));
  }
  co_return explanation;
}

std::string ToText(const RouteExplanation& explanation) {
  std::string text = absl::StrCat("domain: ", explanation.domain, "\n");
  if (explanation.policy == nullptr) {
    absl::StrAppend(&text, "route: none: ", explanation.description, "\n");
    return text;
  }
  absl::StrAppend(&text, "route: ", explanation.by_relay ? "by relay" : "to the MX hosts",
                  ", in this order of preference:\n");
  AppendHosts(explanation, text);
  absl::StrAppend(&text, "site: ", explanation.site_key, "\n");
  AppendPolicy(*explanation.policy, text);
  return text;
}

}  // namespace mailstrom::delivery
