#ifndef MAILSTROM_DELIVERY_SITE_H_
#define MAILSTROM_DELIVERY_SITE_H_

#include <string>
#include <vector>

#include "base/random_source.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/smtp/session.h"

namespace mailstrom::delivery {

// The hosts that serve one or more domains, and how they are spoken with. Domains with equal keys
// share queues, limits and transactions.
struct Site {
  std::string key;
  // Best preference first.
  std::vector<MxHost> hosts;
};

// The site behind a route of kind kHosts. Routes are equal when they name the same hosts in the
// same tiers of preference, whatever the numbers are.
Site MakeSite(std::vector<MxHost> hosts, smtp::TlsMode tls);

// Orders hosts of equal preference anew by chance, so that each attempt spreads its load.
void ShuffleTiers(std::vector<MxHost>& hosts, RandomSource& random);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITE_H_
