#include "delivery/options.h"

#include <utility>

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
  return SitePolicies(std::move(defaults), options.site_rules, options.relay_rules);
}

}  // namespace mailstrom::delivery
