#ifndef MAILSTROM_SERVER_OWN_ADDRESSES_H_
#define MAILSTROM_SERVER_OWN_ADDRESSES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "delivery/destination_filter.h"

namespace mailstrom::server {

// The addresses of this host's network interfaces now, without those that are loopback addresses by
// definition. Unavailable: the system does not tell.
absl::StatusOr<std::vector<delivery::AddressBlock>> FindOwnAddresses();

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_OWN_ADDRESSES_H_
