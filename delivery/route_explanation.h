#ifndef MAILSTROM_DELIVERY_ROUTE_EXPLANATION_H_
#define MAILSTROM_DELIVERY_ROUTE_EXPLANATION_H_

#include <memory>
#include <string>
#include <vector>

#include "asio/awaitable.hpp"
#include "delivery/destination_filter.h"
#include "delivery/dns/dane_resolver.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/domain_limits.h"
#include "delivery/site_policy.h"
#include "delivery/sts/sts_resolver.h"

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
    // What DNSSEC says of its TLS, for people; empty: it was not asked.
    std::string dane;
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
  // What the domain says of TLS by MTA-STS, for people.
  std::string sts;
  // A policy of the domain asks for verified TLS.
  bool must_verify = false;
  // From where it would be sent, and why.
  SitePolicies::Sources sources;
  DomainLimits domain_limits;
};

// What an explanation is made from.
struct ExplanationParts {
  MxResolver& resolver;
  // Null: DANE is turned off.
  DaneResolver* dane;
  // Null: MTA-STS is turned off.
  StsResolver* sts;
  const SitePolicies& policies;
  const DestinationFilter& filter;
};

// For mail from `sender_domain` (empty: the null reverse-path) to `domain`, both in lower-case
// A-labels. Connects to no mail host. What `parts` refer to must outlive the call.
asio::awaitable<RouteExplanation> ExplainRoute(ExplanationParts parts, std::string sender_domain,
                                               std::string domain);

// For people, in lines; shows no secret.
std::string ToText(const RouteExplanation& explanation);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ROUTE_EXPLANATION_H_
