#include "delivery/site_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace mailstrom::delivery {
namespace {

bool Fits(absl::string_view pattern, absl::string_view name) {
  if (absl::ConsumePrefix(&pattern, "*.")) {
    return name.size() > pattern.size() + 1 && absl::EndsWith(name, pattern) &&
           name[name.size() - pattern.size() - 1] == '.';
  }
  return pattern == name;
}

bool FitsAny(const std::vector<std::string>& patterns, absl::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](const std::string& pattern) { return Fits(pattern, name); });
}

std::vector<std::string> InLowerCase(std::vector<std::string> names) {
  for (std::string& name : names) absl::AsciiStrToLower(&name);
  return names;
}

// The hosts that mail goes to first.
bool BestHostsFit(const std::vector<std::string>& patterns, const std::vector<MxHost>& hosts) {
  if (hosts.empty()) return false;
  return std::all_of(hosts.begin(), hosts.end(), [&](const MxHost& host) {
    return host.preference != hosts.front().preference || FitsAny(patterns, host.name);
  });
}

// As patterns have it.
absl::string_view NameOf(absl::string_view sender_domain) {
  return sender_domain.empty() ? "<>" : sender_domain;
}

template <typename T>
void Change(T& value, const std::optional<T>& change) {
  if (change) value = *change;
}

}  // namespace

SitePolicy WithChanges(SitePolicy policy, const SitePolicyChanges& changes) {
  Change(policy.port, changes.port);
  Change(policy.tls, changes.tls);
  policy.retry = WithOverrides(policy.retry, changes.retry);
  Change(policy.connections, changes.connections);
  Change(policy.first_connections, changes.first_connections);
  Change(policy.recipients_per_transaction, changes.recipients_per_transaction);
  Change(policy.emails_per_connection, changes.emails_per_connection);
  Change(policy.connections_per_second, changes.connections_per_second);
  Change(policy.messages_per_second, changes.messages_per_second);
  if (changes.sources != nullptr) policy.sources = changes.sources;
  policy.reply_rules.insert(policy.reply_rules.begin(), changes.reply_rules.begin(),
                            changes.reply_rules.end());
  return policy;
}

SitePolicies::SitePolicies(SitePolicy defaults, std::vector<SiteRule> rules,
                           std::vector<RelayRule> relays, std::vector<SenderRule> senders,
                           std::vector<DomainRule> domains)
    : defaults_(std::make_shared<const SitePolicy>(std::move(defaults))),
      senders_(std::move(senders)),
      domains_(std::move(domains)) {
  for (DomainRule& rule : domains_) rule.domains = InLowerCase(std::move(rule.domains));
  for (SenderRule& rule : senders_)
    rule.sender_domains = InLowerCase(std::move(rule.sender_domains));
  for (SiteRule& rule : rules) {
    SitePolicy policy = WithChanges(*defaults_, rule.changes);
    policy.name = rule.name;
    rules_.push_back({InLowerCase(std::move(rule.domains)), InLowerCase(std::move(rule.hosts)),
                      std::make_shared<const SitePolicy>(std::move(policy))});
  }
  for (RelayRule& rule : relays) {
    SitePolicy policy = WithChanges(*defaults_, rule.changes);
    policy.name = rule.name;
    policy.credentials = std::move(rule.credentials);
    policy.trusted = true;
    Relay relay;
    for (const std::string& host : InLowerCase(std::move(rule.hosts))) {
      relay.hosts.push_back({host, static_cast<int>(relay.hosts.size())});
    }
    relay.policy = std::make_shared<const SitePolicy>(std::move(policy));
    relays_.push_back({InLowerCase(std::move(rule.sender_domains)),
                       InLowerCase(std::move(rule.recipient_domains)), std::move(relay)});
  }
}

const SitePolicies::Relay* SitePolicies::FindRelay(absl::string_view sender_domain,
                                                   absl::string_view recipient_domain) const {
  const absl::string_view sender = NameOf(sender_domain);
  for (const RelayEntry& entry : relays_) {
    if (!entry.sender_domains.empty() && !FitsAny(entry.sender_domains, sender)) continue;
    if (!entry.recipient_domains.empty() && !FitsAny(entry.recipient_domains, recipient_domain)) {
      continue;
    }
    return entry.relay.hosts.empty() ? nullptr : &entry.relay;
  }
  return nullptr;
}

const SitePolicies::Relay* SitePolicies::RelayNamed(absl::string_view name) const {
  for (const RelayEntry& entry : relays_) {
    if (entry.relay.policy->name == name && !entry.relay.hosts.empty()) return &entry.relay;
  }
  return nullptr;
}

std::shared_ptr<const SitePolicy> SitePolicies::PolicyFor(absl::string_view domain,
                                                          const std::vector<MxHost>& hosts) const {
  for (const Rule& rule : rules_) {
    if (FitsAny(rule.domains, domain)) return rule.policy;
  }
  for (const Rule& rule : rules_) {
    if (!rule.hosts.empty() && BestHostsFit(rule.hosts, hosts)) return rule.policy;
  }
  return defaults_;
}

DomainLimits SitePolicies::DomainLimitsFor(absl::string_view domain) const {
  for (const DomainRule& rule : domains_) {
    if (rule.domains.empty() || FitsAny(rule.domains, domain)) return rule.limits;
  }
  return {};
}

SitePolicies::Sources SitePolicies::SourcesFor(const SitePolicy& policy,
                                               absl::string_view sender_domain) const {
  if (policy.sources != nullptr) return {policy.sources, "the rule for the site"};
  for (const SenderRule& rule : senders_) {
    if (rule.sender_domains.empty()) return {rule.sources, "for all mail"};
    if (FitsAny(rule.sender_domains, NameOf(sender_domain))) return {rule.sources, "the sender"};
  }
  return {nullptr, "nothing else is said"};
}

}  // namespace mailstrom::delivery
