#include "delivery/destination_filter.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "asio/ip/address.hpp"

namespace mailstrom::delivery {
namespace {

using Bytes = std::array<uint8_t, 16>;

constexpr int kMappedBits = 96;

struct SpecialBlock {
  AddressBlock block;
  const char* name;
  // Not even a host that serves a private network has a server there.
  bool never;
};

// Of IPv6 only this much is given out to hosts (RFC 4291 §2.4).
constexpr char kGlobalUnicast[] = "2000::/3";

std::optional<Bytes> ParseAddress(absl::string_view text) {
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (address.is_v6()) return address.to_v6().to_bytes();
  return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

bool Contains(const AddressBlock& block, const Bytes& address) {
  for (int bit = 0; bit < block.prefix_bits; bit += 8) {
    const int bits = std::min(8, block.prefix_bits - bit);
    const int mask = 0xff << (8 - bits) & 0xff;
    if ((block.network[bit / 8] & mask) != (address[bit / 8] & mask)) return false;
  }
  return true;
}

bool AnyContains(const std::vector<AddressBlock>& blocks, const Bytes& address) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const AddressBlock& block) { return Contains(block, address); });
}

AddressBlock Known(const char* text) { return *AddressBlock::Parse(text); }

Bytes Mapped(const uint8_t* ipv4) {
  Bytes mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::copy(ipv4, ipv4 + 4, mapped.begin() + 12);
  return mapped;
}

// What the IANA special-purpose registries (RFC 6890) hold that no mail server on the Internet has.
// Documentation addresses are left out: they lead nowhere, so nothing is to be guarded.
const std::vector<SpecialBlock>& SpecialBlocks() {
  static const auto* const blocks = new std::vector<SpecialBlock>{
      {Known("0.0.0.0/8"), "unspecified address", true},
      {Known("10.0.0.0/8"), "private address", false},
      {Known("100.64.0.0/10"), "shared address", false},
      {Known("127.0.0.0/8"), "loopback address", false},
      {Known("169.254.0.0/16"), "link-local address", false},
      {Known("172.16.0.0/12"), "private address", false},
      {Known("192.0.0.0/24"), "reserved address", false},
      {Known("192.88.99.0/24"), "reserved address", false},
      {Known("192.168.0.0/16"), "private address", false},
      {Known("198.18.0.0/15"), "benchmarking address", false},
      {Known("224.0.0.0/4"), "multicast address", true},
      {Known("240.0.0.0/4"), "reserved address", true},
      {Known("::/128"), "unspecified address", true},
      {Known("::1/128"), "loopback address", false},
      {Known("64:ff9b:1::/48"), "private address", false},
      {Known("2001::/23"), "reserved address", false},
      {Known("fc00::/7"), "private address", false},
      {Known("fe80::/10"), "link-local address", false},
      {Known("fec0::/10"), "private address", false},
      {Known("ff00::/8"), "multicast address", true},
  };
  return *blocks;
}

// The IPv4 address that a translator or tunnel makes of an IPv6 address: NAT64 (RFC 6052) and 6to4
// (RFC 3056). Mapped addresses are IPv4 from the beginning.
std::optional<Bytes> Embedded(const Bytes& address) {
  static const AddressBlock kNat64 = Known("64:ff9b::/96");
  static const AddressBlock k6to4 = Known("2002::/16");
  if (Contains(kNat64, address)) return Mapped(address.data() + 12);
  if (Contains(k6to4, address)) return Mapped(address.data() + 2);
  return std::nullopt;
}

// Why `address` is special, if it is; only kinds that are so always when `allow_private`.
std::string Special(const Bytes& address, bool allow_private) {
  static const AddressBlock kMapped = Known("::ffff:0:0/96");
  static const AddressBlock kUnicast = Known(kGlobalUnicast);
  if (const std::optional<Bytes> embedded = Embedded(address)) {
    return Special(*embedded, allow_private);
  }
  for (const SpecialBlock& special : SpecialBlocks()) {
    if (Contains(special.block, address)) {
      return special.never || !allow_private ? special.name : "";
    }
  }
  if (Contains(kMapped, address) || Contains(kUnicast, address)) return "";
  return "reserved address";
}

}  // namespace

absl::StatusOr<AddressBlock> AddressBlock::Parse(absl::string_view text) {
  const auto invalid = [&] {
    return absl::InvalidArgumentError(absl::StrCat("not an IP address or block: ", text));
  };
  const size_t slash = text.find('/');
  const absl::string_view address = text.substr(0, slash);
  const std::optional<Bytes> bytes = ParseAddress(address);
  if (!bytes.has_value()) return invalid();
  AddressBlock block;
  block.network = *bytes;
  if (slash == absl::string_view::npos) return block;
  const bool ipv4 = address.find(':') == absl::string_view::npos;
  int bits = 0;
  if (!absl::SimpleAtoi(text.substr(slash + 1), &bits) || bits < 0 || bits > (ipv4 ? 32 : 128)) {
    return invalid();
  }
  block.prefix_bits = bits + (ipv4 ? kMappedBits : 0);
  for (int bit = block.prefix_bits; bit < 128; ++bit) {
    if (block.network[bit / 8] >> (7 - bit % 8) & 1) return invalid();
  }
  return block;
}

DestinationFilter::DestinationFilter(Options options) : options_(std::move(options)) {}

std::string DestinationFilter::Refusal(absl::string_view address) const {
  const std::optional<Bytes> bytes = ParseAddress(address);
  // A zone index names an interface of this host.
  if (!bytes.has_value() || address.find('%') != absl::string_view::npos) {
    return "not an address on the Internet";
  }
  const Bytes effective = Embedded(*bytes).value_or(*bytes);
  if (AnyContains(options_.allowed, *bytes)) return "";
  if (AnyContains(options_.own, *bytes) || AnyContains(options_.own, effective)) {
    return "address of this host";
  }
  return Special(*bytes, options_.allow_private);
}

}  // namespace mailstrom::delivery
