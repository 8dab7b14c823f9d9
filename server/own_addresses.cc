#include "server/own_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::server {
namespace {

// Empty: neither IPv4 nor IPv6.
std::string AddressOf(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address == nullptr) return "";
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text,
              sizeof(text));
  } else if (address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text,
              sizeof(text));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<delivery::AddressBlock>> FindOwnAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) {
    return absl::UnavailableError(absl::StrCat("network interfaces: ", std::strerror(errno)));
  }
  std::vector<delivery::AddressBlock> blocks;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const std::string address = AddressOf(entry->ifa_addr);
    // allow_private_destinations is what decides about these.
    if (address.empty() || absl::StartsWith(address, "127.") || address == "::1") continue;
    absl::StatusOr<delivery::AddressBlock> block = delivery::AddressBlock::Parse(address);
    if (block.ok()) blocks.push_back(*block);
  }
  freeifaddrs(list);
  return blocks;
}

}  // namespace mailstrom::server
