#include "delivery/options.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "delivery/provider_rules.h"

namespace mailstrom::delivery {

SitePolicies MakeSitePolicies(const EngineOptions& options) {
  SitePolicy defaults;
  defaults.port = options.destination_port;
  defaults.tls = options.tls;
  defaults.retry = options.retry;
  defaults.connections = options.limits.connections_per_site;
  defaults.first_connections = options.limits.first_connections_per_site;
  defaults.recipients_per_transaction = options.limits.recipients_per_transaction;
  defaults.emails_per_connection = options.limits.emails_per_connection;
  defaults.connections_per_second = options.limits.connections_per_second_per_site;
  defaults.messages_per_second = options.limits.messages_per_second_per_site;
  defaults.reply_rules = options.reply_rules;
  std::vector<SiteRule> rules = options.site_rules;
  if (options.use_provider_rules) {
    for (SiteRule& provider : ProviderRules()) {
      const bool replaced =
          std::any_of(options.site_rules.begin(), options.site_rules.end(),
                      [&provider](const SiteRule& rule) { return rule.name == provider.name; });
      if (!replaced) rules.push_back(std::move(provider));
    }
  }
  return SitePolicies(std::move(defaults), std::move(rules), options.relay_rules,
                      options.sender_rules, options.domain_rules);
}

DestinationFilter MakeDestinationFilter(const EngineOptions& options) {
  return DestinationFilter({.allow_private = options.allow_private_destinations,
                            .allowed = options.allowed_destinations,
                            .own = options.own_addresses});
}

}  // namespace mailstrom::delivery
