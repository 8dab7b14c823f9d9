#include "server/relay_address.h"

#include <arpa/inet.h>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "delivery/dns/host_name.h"

namespace mailstrom::server {
namespace {

bool IsAddress(int family, absl::string_view text) {
  in6_addr address;
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

}  // namespace

bool IsRelayHost(absl::string_view text) {
  return delivery::IsHostName(text) || IsAddress(AF_INET, text) || IsAddress(AF_INET6, text);
}

std::optional<RelayAddress> ParseRelayAddress(absl::string_view text) {
  RelayAddress address;
  const size_t colon = text.rfind(':');
  if (colon != absl::string_view::npos && !IsAddress(AF_INET6, text)) {
    int port = 0;
    if (!absl::SimpleAtoi(text.substr(colon + 1), &port)) return std::nullopt;
    if (port < 1 || port > 65535) return std::nullopt;
    address.port = static_cast<uint16_t>(port);
    text = text.substr(0, colon);
    if (absl::ConsumePrefix(&text, "[")) {
      if (!absl::ConsumeSuffix(&text, "]") || !IsAddress(AF_INET6, text)) return std::nullopt;
    } else if (IsAddress(AF_INET6, text)) {
      return std::nullopt;
    }
  }
  if (!IsRelayHost(text)) return std::nullopt;
  address.host = std::string(text);
  return address;
}

}  // namespace mailstrom::server
