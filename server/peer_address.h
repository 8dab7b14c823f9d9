#ifndef MAILSTROM_SERVER_PEER_ADDRESS_H_
#define MAILSTROM_SERVER_PEER_ADDRESS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::server {

// The host in a gRPC peer such as `ipv4:192.0.2.1:1234`: of IPv6 the first 64 bits, which are one
// customer's. Another kind of peer is itself.
std::string PeerHost(absl::string_view peer);

// Whether a gRPC peer calls from this very machine.
bool IsLocalPeer(absl::string_view peer);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_PEER_ADDRESS_H_
