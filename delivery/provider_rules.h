#ifndef MAILSTROM_DELIVERY_PROVIDER_RULES_H_
#define MAILSTROM_DELIVERY_PROVIDER_RULES_H_

#include <vector>

#include "delivery/site_policy.h"

namespace mailstrom::delivery {

// Rules for the large mailbox providers, by their MX hosts: how many connections they bear, and
// what they mean by replies that the book would read otherwise. Put them behind the operator's own.
std::vector<SiteRule> ProviderRules();

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_PROVIDER_RULES_H_
