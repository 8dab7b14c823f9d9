#ifndef MAILSTROM_SERVER_ADMIN_DOMAIN_SPELLINGS_H_
#define MAILSTROM_SERVER_ADMIN_DOMAIN_SPELLINGS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mailstrom::server {

// How a domain, in lower-case A-labels, may be spelt in addresses that the store keeps, in lower
// case.
std::vector<std::string> SpellingsOf(absl::string_view domain);

// The domain of an address as delivery has it, in lower-case A-labels; empty: it has none.
std::string DeliveryDomainOf(absl::string_view address);
// The same for a domain that is spelt in one of these ways.
std::string ToDeliveryDomain(absl::string_view domain);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_DOMAIN_SPELLINGS_H_
