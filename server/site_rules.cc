#include "server/site_rules.h"

#include <utility>

#include "base/duration_text.h"

namespace mailstrom::server {
namespace {

using Action = delivery::ReplyRule::Action;

Action ToAction(config::v1::ReplyAction action) {
  switch (action) {
    case config::v1::REPLY_ACTION_SUSPEND:
      return Action::kSuspend;
    case config::v1::REPLY_ACTION_PERMANENT:
      return Action::kPermanent;
    case config::v1::REPLY_ACTION_TEMPORARY:
      return Action::kTemporary;
    default:
      return Action::kSlowDown;
  }
}

}  // namespace

delivery::smtp::TlsMode ToTlsMode(config::v1::TlsMode mode) {
  switch (mode) {
    case config::v1::TLS_MODE_NONE:
      return delivery::smtp::TlsMode::kNone;
    case config::v1::TLS_MODE_REQUIRE:
      return delivery::smtp::TlsMode::kRequire;
    case config::v1::TLS_MODE_VERIFY:
      return delivery::smtp::TlsMode::kVerify;
    default:
      return delivery::smtp::TlsMode::kOpportunistic;
  }
}

std::vector<delivery::ReplyRule> ToReplyRules(
    const google::protobuf::RepeatedPtrField<config::v1::ReplyRuleConfig>& configs) {
  std::vector<delivery::ReplyRule> rules;
  for (const config::v1::ReplyRuleConfig& config : configs) {
    delivery::ReplyRule rule;
    rule.first_code = config.first_code();
    rule.last_code = config.last_code();
    rule.enhanced_code_prefix = config.enhanced_code_prefix();
    rule.text = config.text();
    rule.action = ToAction(config.action());
    rule.suspend_for = FromProto(config.suspend_for());
    rules.push_back(std::move(rule));
  }
  return rules;
}

delivery::SitePolicyChanges ToPolicyChanges(const config::v1::SitePolicyConfig& config) {
  delivery::SitePolicyChanges changes;
  if (config.has_max_connections()) changes.connections = config.max_connections();
  if (config.has_first_connections()) changes.first_connections = config.first_connections();
  if (config.has_max_recipients_per_transaction()) {
    changes.recipients_per_transaction = config.max_recipients_per_transaction();
  }
  if (config.has_max_emails_per_connection()) {
    changes.emails_per_connection = config.max_emails_per_connection();
  }
  if (config.has_connections_per_second()) {
    changes.connections_per_second = config.connections_per_second();
  }
  if (config.has_messages_per_second()) {
    changes.messages_per_second = config.messages_per_second();
  }
  if (config.has_max_retries()) changes.retry.max_retries = config.max_retries();
  if (config.has_initial_delay()) changes.retry.initial_delay = FromProto(config.initial_delay());
  if (config.has_max_delay()) changes.retry.max_delay = FromProto(config.max_delay());
  if (config.has_multiplier()) changes.retry.multiplier = config.multiplier();
  changes.reply_rules = ToReplyRules(config.reply_rules());
  return changes;
}

std::vector<delivery::DomainRule> MakeDomainRules(const config::v1::DeliveryConfig& config) {
  std::vector<delivery::DomainRule> rules;
  for (const config::v1::DomainLimitsConfig& limits : config.domain_limits()) {
    rules.push_back({{limits.domains().begin(), limits.domains().end()},
                     {.connections = limits.max_connections(),
                      .connections_per_second = limits.connections_per_second(),
                      .messages_per_second = limits.messages_per_second()}});
  }
  const config::v1::ConcurrencyConfig& all = config.concurrency();
  rules.push_back({{},
                   {.connections = all.max_connections_per_domain(),
                    .connections_per_second = all.connections_per_second_per_domain(),
                    .messages_per_second = all.messages_per_second_per_domain()}});
  return rules;
}

std::vector<delivery::SiteRule> MakeSiteRules(const config::v1::DeliveryConfig& config,
                                              const SourcePools& pools) {
  std::vector<delivery::SiteRule> rules;
  for (const config::v1::SiteConfig& site : config.sites()) {
    delivery::SiteRule rule;
    rule.name = site.name();
    rule.domains.assign(site.domains().begin(), site.domains().end());
    rule.hosts.assign(site.hosts().begin(), site.hosts().end());
    rule.changes = ToPolicyChanges(site.policy());
    if (site.has_port()) rule.changes.port = static_cast<uint16_t>(site.port());
    if (site.tls() != config::v1::TLS_MODE_UNSPECIFIED) rule.changes.tls = ToTlsMode(site.tls());
    rule.changes.sources = FindSourcePool(pools, site.source_pool());
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace mailstrom::server
