#ifndef MAILSTROM_DELIVERY_DNS_HOST_NAME_H_
#define MAILSTROM_DELIVERY_DNS_HOST_NAME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::delivery {

// Whether `name` can be a host on the Internet: letters, digits, hyphens and underscores in labels
// of 1 to 63 octets, at most 253 in all, the last label not all digits (so no IP address).
bool IsHostName(absl::string_view name);

// Reads an uncompressed name that fills `wire` (RFC 1035 §3.1), such as libunbound gives in record
// data. In lower case without final dot; the root is "". Nothing: malformed, or with a byte that no
// host name has.
std::optional<std::string> HostNameFromWire(absl::string_view wire);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DNS_HOST_NAME_H_
