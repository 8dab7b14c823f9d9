#ifndef MAILSTROM_DELIVERY_DOMAIN_LIMITS_H_
#define MAILSTROM_DELIVERY_DOMAIN_LIMITS_H_

#include <string>
#include <vector>

namespace mailstrom::delivery {

// Bounds on the mail for one domain of recipients, whichever sites, relays and sources serve it;
// 0 is no limit.
struct DomainLimits {
  // Attempts under way, each with one connection.
  int connections = 0;
  // Connections opened for it, and messages begun.
  double connections_per_second = 0;
  double messages_per_second = 0;

  bool any() const {
    return connections > 0 || connections_per_second > 0 || messages_per_second > 0;
  }
};

// What applies to each domain that fits, to every one by itself.
struct DomainRule {
  // Names in A-labels; `*.example.com` is every name below it. Empty fits all.
  std::vector<std::string> domains;
  DomainLimits limits;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DOMAIN_LIMITS_H_
