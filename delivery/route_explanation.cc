#include "delivery/route_explanation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "delivery/attempt_record.h"
#include "delivery/reply_policy.h"
#include "delivery/site.h"
#include "delivery/smtp/tls_mode.h"
#include "delivery/source_pool.h"
#include "delivery/sts/sts_policy.h"

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

bool IsIpv6(absl::string_view address) { return absl::StrContains(address, ':'); }

bool HasFamilyOf(const SourcePool& pool, absl::string_view address) {
  return std::any_of(
      pool.addresses.begin(), pool.addresses.end(),
      [address](const SourceAddress& source) { return IsIpv6(source.address) == IsIpv6(address); });
}

const char* ModeText(StsPolicy::Mode mode) {
  switch (mode) {
    case StsPolicy::Mode::kEnforce:
      return "enforced";
    case StsPolicy::Mode::kTesting:
      return "only tested, so it blocks nothing";
    case StsPolicy::Mode::kNone:
      return "withdrawn";
  }
  return "unknown";
}

std::string StsText(const StsResolver::Finding& finding) {
  const std::string trouble =
      finding.status.ok() ? "" : absl::StrCat("; ", std::string(finding.status.message()));
  if (!finding.policy) return absl::StrCat("no policy", trouble);
  return absl::StrCat("policy ", finding.id, " is ", ModeText(finding.policy->mode), ", for hosts ",
                      absl::StrJoin(finding.policy->mx_patterns, " "), ", to be kept for ",
                      absl::FormatDuration(finding.policy->max_age), trouble);
}

std::string DaneText(const absl::StatusOr<DaneHost>& dane) {
  if (!dane.ok()) {
    return absl::StrCat("no answer, so the host is skipped: ",
                        std::string(dane.status().message()));
  }
  switch (dane->kind) {
    case DaneHost::Kind::kNone:
      return "no TLSA records that DNSSEC proves";
    case DaneHost::Kind::kEncrypt:
      return "TLS is a must, unverified, for no TLSA record is usable";
    case DaneHost::Kind::kAuthenticate:
      return absl::StrCat("TLS is a must, verified by ", dane->records.size(), " TLSA records of ",
                          dane->base_domain);
  }
  return "unknown";
}

void AppendHosts(const RouteExplanation& explanation, std::string& text) {
  const SourcePool* const pool = explanation.sources.pool.get();
  for (const RouteExplanation::Host& host : explanation.hosts) {
    absl::StrAppend(&text, "  ", host.host.preference, " ", host.host.name, "\n");
    if (!host.error.empty()) absl::StrAppend(&text, "    skipped: ", host.error, "\n");
    if (!host.dane.empty()) absl::StrAppend(&text, "    DANE: ", host.dane, "\n");
    for (const RouteExplanation::Address& address : host.addresses) {
      absl::StrAppend(&text, "    ", address.text);
      if (!address.refusal.empty()) absl::StrAppend(&text, " (forbidden: ", address.refusal, ")");
      if (pool != nullptr && !HasFamilyOf(*pool, address.text)) {
        absl::StrAppend(&text, " (skipped: no source address of its family)");
      }
      absl::StrAppend(&text, "\n");
    }
  }
}

void AppendSts(const RouteExplanation& explanation, std::string& text) {
  if (explanation.sts.empty()) return;
  absl::StrAppend(&text, "MTA-STS: ", explanation.sts, "\n");
  if (explanation.must_verify) {
    absl::StrAppend(&text, "  so TLS must be verified, but by DANE where a host has it\n");
  }
}

void AppendSources(const RouteExplanation& explanation, std::string& text) {
  const SitePolicies::Sources& sources = explanation.sources;
  if (sources.pool == nullptr) {
    absl::StrAppend(&text, "source: as the system chooses, because ", sources.reason, "\n");
    return;
  }
  absl::StrAppend(&text, "source: pool ", sources.pool->name, ", because of ", sources.reason,
                  "; one address for all retries\n");
  for (const SourceAddress& source : sources.pool->addresses) {
    double weights = 0;
    for (const SourceAddress& other : sources.pool->addresses) {
      if (IsIpv6(other.address) == IsIpv6(source.address)) weights += other.weight;
    }
    absl::StrAppend(&text, "  ", source.address,
                    absl::StrFormat(" %g %% of %s", 100 * source.weight / weights,
                                    IsIpv6(source.address) ? "IPv6" : "IPv4"));
    if (!source.hello_name.empty()) absl::StrAppend(&text, ", EHLO ", source.hello_name);
    absl::StrAppend(&text, "\n");
  }
}

void AppendDomainLimits(const DomainLimits& limits, std::string& text) {
  if (!limits.any()) return;
  absl::StrAppend(
      &text, "limits of the domain: connections ",
      limits.connections > 0 ? absl::StrCat(limits.connections, " at most") : "without limit",
      ", rate ", RateText(limits.connections_per_second), "; messages, rate ",
      RateText(limits.messages_per_second), "\n");
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

asio::awaitable<RouteExplanation> ExplainRoute(ExplanationParts parts, std::string sender_domain,
                                               std::string domain) {
  RouteExplanation explanation;
  explanation.domain = domain;
  explanation.domain_limits = parts.policies.DomainLimitsFor(domain);
  Site site;
  if (const SitePolicies::Relay* relay = parts.policies.FindRelay(sender_domain, domain)) {
    explanation.by_relay = true;
    explanation.kind = MxRoute::Kind::kHosts;
    explanation.sources = parts.policies.SourcesFor(*relay->policy, sender_domain);
    site = MakeSite(relay->hosts, relay->policy, /*authenticated=*/false, /*must_verify=*/false,
                    explanation.sources.pool);
  } else {
    MxRoute route = co_await parts.resolver.Resolve(domain);
    if (parts.sts == nullptr) explanation.sts = "turned off";
    if (parts.sts != nullptr && route.kind == MxRoute::Kind::kHosts &&
        !absl::StartsWith(domain, "[")) {
      const StsResolver::Finding finding = co_await parts.sts->Find(domain);
      explanation.sts = StsText(finding);
      if (finding.policy) route = UnderStsPolicy(std::move(route), *finding.policy, domain);
    }
    explanation.kind = route.kind;
    if (route.kind != MxRoute::Kind::kHosts) {
      explanation.description = Describe(JudgeRoute(route.kind), route.description);
      co_return explanation;
    }
    std::shared_ptr<const SitePolicy> policy = parts.policies.PolicyFor(domain, route.hosts);
    explanation.sources = parts.policies.SourcesFor(*policy, sender_domain);
    site = MakeSite(std::move(route.hosts), std::move(policy), route.authenticated,
                    route.must_verify, explanation.sources.pool);
  }
  explanation.policy = site.policy;
  explanation.site_key = site.key;
  explanation.must_verify = site.must_verify;
  for (const MxHost& mx_host : site.hosts) {
    RouteExplanation::Host host;
    host.host = mx_host;
    const absl::StatusOr<std::vector<std::string>> addresses =
        co_await parts.resolver.Addresses(mx_host.name);
    if (!addresses.ok()) {
      host.error = std::string(addresses.status().message());
    } else if (addresses->empty()) {
      host.error = "it has no address";
    } else {
      for (const std::string& address : *addresses) {
        host.addresses.push_back(
            {address, site.policy->trusted ? "" : parts.filter.Refusal(address)});
      }
    }
    if (parts.dane == nullptr) {
      host.dane = "turned off";
    } else if (!explanation.by_relay && !site.authenticated) {
      host.dane = "not looked for, because DNSSEC does not prove the MX records";
    } else if (!explanation.by_relay) {
      host.dane = DaneText(co_await parts.dane->Resolve(mx_host.name, site.policy->port));
    }
    explanation.hosts.push_back(std::move(host));
  }
  co_return explanation;
}

std::string ToText(const RouteExplanation& explanation) {
  std::string text = absl::StrCat("domain: ", explanation.domain, "\n");
  if (explanation.policy == nullptr) {
    absl::StrAppend(&text, "route: none: ", explanation.description, "\n");
    AppendSts(explanation, text);
    return text;
  }
  absl::StrAppend(&text, "route: ", explanation.by_relay ? "by relay" : "to the MX hosts",
                  ", in this order of preference:\n");
  AppendHosts(explanation, text);
  AppendSts(explanation, text);
  AppendSources(explanation, text);
  absl::StrAppend(&text, "site: ", explanation.site_key, "\n");
  AppendDomainLimits(explanation.domain_limits, text);
  AppendPolicy(*explanation.policy, text);
  return text;
}

}  // namespace mailstrom::delivery
