#ifndef MAILSTROM_DELIVERY_SITE_H_
#define MAILSTROM_DELIVERY_SITE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/random_source.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/site_policy.h"
#include "delivery/source_pool.h"

namespace mailstrom::delivery {

// The hosts that serve one or more domains, and how they are spoken with. Domains with equal keys
// share queues, limits and transactions.
struct Site {
  std::string key;
  // Best preference first.
  std::vector<MxHost> hosts;
  std::shared_ptr<const SitePolicy> policy;
  // Proved by DNSSEC, so that TLSA records of the hosts count.
  bool authenticated = false;
  // TLS with a verified certificate is a must, whatever the policy does without.
  bool must_verify = false;
  // From where it is sent to; null: the system chooses.
  std::shared_ptr<const SourcePool> sources = nullptr;
};

// The site behind hosts that are treated by `policy`. Two are one when they have policies of the
// same name, port, TLS and user, are equally proved, are sent to from the same pool and have the
// same hosts in the same tiers of preference, whatever the numbers are.
Site MakeSite(std::vector<MxHost> hosts, std::shared_ptr<const SitePolicy> policy,
              bool authenticated = false, bool must_verify = false,
              std::shared_ptr<const SourcePool> sources = nullptr);

// The names of the hosts of the site with this key.
std::vector<absl::string_view> HostsOf(absl::string_view site_key);
// Whether `name` is the key of the site with `site_key`, or the name of one of its hosts.
bool IsSite(absl::string_view site_key, absl::string_view name);

// Orders hosts of equal preference anew by chance, so that each attempt spreads its load.
void ShuffleTiers(std::vector<MxHost>& hosts, RandomSource& random);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITE_H_
