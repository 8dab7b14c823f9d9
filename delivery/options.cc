#include "delivery/options.h"

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
  defaults.reply_rules = options.reply_rules;
  std::vector<SiteRule> rules = options.site_rules;
  if (options.use_provider_rules) {
    for (SiteRule& rule : ProviderRules()) rules.push_back(std::move(rule));
  }
  return SitePolicies(std::move(defaults), std::move(rules), options.relay_rules);
}

}  // namespace mailstrom::delivery
