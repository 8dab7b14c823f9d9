#ifndef MAILSTROM_SERVER_RELAY_ADDRESS_H_
#define MAILSTROM_SERVER_RELAY_ADDRESS_H_

// How the configuration names relays.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::server {

struct RelayAddress {
  std::string host;
  uint16_t port = 25;
};

// Reads `host`, `host:port`, or an IPv6 address, which needs brackets before a port. Nothing: it is
// none of these.
std::optional<RelayAddress> ParseRelayAddress(absl::string_view text);

// Whether `text` is a host name in A-labels, or an IP address without brackets.
bool IsRelayHost(absl::string_view text);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_RELAY_ADDRESS_H_
