#include "server/peer_address.h"

#include <arpa/inet.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace mailstrom::server {
namespace {

// gRPC writes the brackets of IPv6 as they are or escaped, by its version.
std::string Unescape(absl::string_view peer) {
  return absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5b", "["}, {"%5D", "]"}, {"%5d", "]"}});
}

}  // namespace

std::string PeerHost(absl::string_view peer) {
  const std::string plain = Unescape(peer);
  absl::string_view host = plain;
  const bool is_v6 = absl::ConsumePrefix(&host, "ipv6:");
  if (!is_v6 && !absl::ConsumePrefix(&host, "ipv4:")) return plain;
  // The port.
  host = host.substr(0, host.rfind(':'));
  if (!is_v6) return std::string(host);
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  // The zone of a link-local address.
  const std::string address(host.substr(0, host.find('%')));
  in6_addr bytes;
  if (inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return plain;
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.s6_addr), sizeof(bytes.s6_addr) / 2));
}

bool IsLocalPeer(absl::string_view peer) {
  const std::string plain = Unescape(peer);
  for (const absl::string_view local : {"ipv4:127.", "ipv6:[::1]:", "unix:"}) {
    if (absl::StartsWith(plain, local)) return true;
  }
  return false;
}

}  // namespace mailstrom::server
