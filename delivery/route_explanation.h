#ifndef MAILSTROM_DELIVERY_ROUTE_EXPLANATION_H_
#define MAILSTROM_DELIVERY_ROUTE_EXPLANATION_H_

#include <memory>
#include <string>
#include <vector>

#include "asio/awaitable.hpp"
#include "delivery/destination_filter.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/site_policy.h"

namespace mailstrom::delivery {

// Where mail for a domain would go now, how it would be treated there, and why.
struct RouteExplanation {
  struct Address {
    std::string text;
    // Why mail must not go there; empty when it may.
    std::string refusal;
  };
  struct Host {
    MxHost host;
    std::vector<Address> addresses;
    // Why there are none.
    std::string error;
  };

  std::string domain;
  bool by_relay = false;
  MxRoute::Kind kind = MxRoute::Kind::kTemporary;
  // What DNS said, when there are no hosts.
  std::string description;
  std::vector<Host> hosts;
  // Null when there are no hosts.
  std::shared_ptr<const SitePolicy> policy;
  // Domains with the same key share queues, limits and transactions.
  std::string site_key;
};

// For mail from `sender_domain` (empty: the null reverse-path) to `domain`, both in lower-case
// A-labels. Connects to nobody. What is passed in must outlive the call.
asio::awaitable<RouteExplanation> ExplainRoute(MxResolver& resolver, const SitePolicies& policies,
                                               const DestinationFilter& filter,
                                               std::string sender_domain, std::string domain);

// For people, in lines; shows no secret.
std::string ToText(const RouteExplanation& explanation);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ROUTE_EXPLANATION_H_
