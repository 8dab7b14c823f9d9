#ifndef MAILSTROM_DELIVERY_DESTINATION_FILTER_H_
#define MAILSTROM_DELIVERY_DESTINATION_FILTER_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery {

// A block of IP addresses. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2).
struct AddressBlock {
  std::array<uint8_t, 16> network = {};
  int prefix_bits = 128;

  // Parses `192.0.2.0/24`, `2001:db8::/32`, or one address. InvalidArgument: it is none, or has
  // bits set behind its prefix.
  static absl::StatusOr<AddressBlock> Parse(absl::string_view text);
};

// Decides to which addresses mail may go. Whoever controls a domain's DNS chooses addresses, so
// without a filter any caller could aim this host at itself or at the hosts around it. Immutable.
class DestinationFilter {
 public:
  struct Options {
    // Allow every unicast address that is not this host's own.
    bool allow_private = false;
    // Allowed whatever else is said.
    std::vector<AddressBlock> allowed;
    // This host's own addresses.
    std::vector<AddressBlock> own;
  };

  explicit DestinationFilter(bool allow_private)
      : DestinationFilter(Options{allow_private, {}, {}}) {}
  explicit DestinationFilter(Options options);

  bool Allows(absl::string_view address) const { return Refusal(address).empty(); }

  // Why mail must not go there, such as `loopback address`; empty when it may.
  std::string Refusal(absl::string_view address) const;

 private:
  const Options options_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DESTINATION_FILTER_H_
