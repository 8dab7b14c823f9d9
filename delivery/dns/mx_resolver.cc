#include "delivery/dns/mx_resolver.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asio/ip/address.hpp"
#include "delivery/dns/host_name.h"

namespace mailstrom::delivery {
namespace {

// No serious domain has more; more would only be a way to make this host knock everywhere.
constexpr size_t kMaxHosts = 16;
constexpr size_t kMaxAddressesPerFamily = 8;
// Looked at in one answer, of which the best kMaxHosts are taken.
constexpr size_t kMaxRecords = 256;

MxRoute Ended(MxRoute::Kind kind, std::string description) {
  MxRoute route;
  route.kind = kind;
  route.description = std::move(description);
  return route;
}

// Fisher-Yates. The bias of the remainder is beyond notice for these sizes.
template <typename T>
void Shuffle(typename std::vector<T>::iterator begin, typename std::vector<T>::iterator end,
             RandomSource& random) {
  for (size_t left = end - begin; left > 1; --left) {
    std::swap(begin[left - 1], begin[random.Next() % left]);
  }
}

// By preference, equal ones in random order.
void Order(std::vector<MxHost>& hosts, RandomSource& random) {
  // The name makes the order before the shuffle the same whatever order the server gave.
  std::sort(hosts.begin(), hosts.end(), [](const MxHost& a, const MxHost& b) {
    return std::tie(a.preference, a.name) < std::tie(b.preference, b.name);
  });
  for (auto begin = hosts.begin(); begin != hosts.end();) {
    const auto end = std::find_if(begin, hosts.end(), [begin](const MxHost& host) {
      return host.preference != begin->preference;
    });
    Shuffle<MxHost>(begin, end, random);
    begin = end;
  }
}

struct MxRecords {
  // Those whose names can be hosts, each name once, at its best preference.
  std::vector<MxHost> hosts;
  bool null_mx = false;
};

MxRecords ParseMx(const std::vector<std::string>& rdata) {
  MxRecords records;
  for (size_t i = 0; i < rdata.size() && i < kMaxRecords; ++i) {
    if (rdata[i].size() < 3) continue;
    const int preference =
        static_cast<unsigned char>(rdata[i][0]) << 8 | static_cast<unsigned char>(rdata[i][1]);
    const std::optional<std::string> name = HostNameFromWire(absl::string_view(rdata[i]).substr(2));
    if (!name.has_value()) continue;
    // RFC 7505 §3 asks for the only record; a root name beside others is merely unusable.
    if (name->empty()) records.null_mx = rdata.size() == 1;
    if (!IsHostName(*name)) continue;
    auto known = std::find_if(records.hosts.begin(), records.hosts.end(),
                              [&](const MxHost& host) { return host.name == *name; });
    if (known == records.hosts.end()) {
      records.hosts.push_back({*name, preference});
    } else {
      known->preference = std::min(known->preference, preference);
    }
  }
  return records;
}

// `domain` is `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3).
MxRoute ResolveLiteral(absl::string_view domain) {
  absl::string_view text = domain.substr(1, domain.size() - 2);
  const bool ipv6 = absl::StartsWithIgnoreCase(text, "IPv6:");
  if (ipv6) text.remove_prefix(5);
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(std::string(text), error);
  if (error || address.is_v6() != ipv6) {
    return Ended(MxRoute::Kind::kNoHost, absl::StrCat(domain, " is not an IP address"));
  }
  MxRoute route;
  route.kind = MxRoute::Kind::kHosts;
  route.hosts.push_back({address.to_string(), 0});
  return route;
}

std::optional<std::string> AddressText(const std::string& rdata, DnsType type) {
  if (type == DnsType::kA) {
    asio::ip::address_v4::bytes_type bytes;
    if (rdata.size() != bytes.size()) return std::nullopt;
    std::memcpy(bytes.data(), rdata.data(), bytes.size());
    return asio::ip::make_address_v4(bytes).to_string();
  }
  asio::ip::address_v6::bytes_type bytes;
  if (rdata.size() != bytes.size()) return std::nullopt;
  std::memcpy(bytes.data(), rdata.data(), bytes.size());
  return asio::ip::make_address_v6(bytes).to_string();
}

bool IsAddress(const std::string& host) {
  asio::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

MxResolver::MxResolver(DnsClient& dns, RandomSource& random,
                       absl::flat_hash_set<std::string> own_names)
    : dns_(dns), random_(random), own_names_(std::move(own_names)) {}

asio::awaitable<MxRoute> MxResolver::Resolve(std::string domain) {
  if (absl::StartsWith(domain, "[") && absl::EndsWith(domain, "]")) {
    co_return ResolveLiteral(domain);
  }
  const absl::StatusOr<DnsAnswer> answer = co_await dns_.Query(domain, DnsType::kMx);
  if (absl::IsInvalidArgument(answer.status())) {
    co_return Ended(MxRoute::Kind::kNoSuchDomain, absl::StrCat(domain, " is not a domain name"));
  }
  if (!answer.ok()) {
    co_return Ended(MxRoute::Kind::kTemporary,
                    absl::StrCat("MX of ", domain, ": ", answer.status().message()));
  }
  if (answer->no_such_name) {
    co_return Ended(MxRoute::Kind::kNoSuchDomain, absl::StrCat(domain, " does not exist"));
  }
  if (answer->rdata.empty()) {
    MxRoute route = co_await ResolveImplicitMx(std::move(domain));
    route.authenticated = answer->authenticated;
    co_return route;
  }

  MxRecords records = ParseMx(answer->rdata);
  if (records.null_mx) {
    co_return Ended(MxRoute::Kind::kNoMail, absl::StrCat(domain, " takes no mail (null MX)"));
  }
  if (records.hosts.empty()) {
    co_return Ended(MxRoute::Kind::kNoHost,
                    absl::StrCat("no MX of ", domain, " names a usable host"));
  }
  MxRoute route = WithoutLoops(std::move(domain), std::move(records.hosts));
  route.authenticated = answer->authenticated;
  co_return route;
}

asio::awaitable<MxRoute> MxResolver::ResolveImplicitMx(std::string domain) {
  const absl::StatusOr<std::vector<std::string>> addresses = co_await Addresses(domain);
  if (!addresses.ok()) {
    co_return Ended(MxRoute::Kind::kTemporary,
                    absl::StrCat("address of ", domain, ": ", addresses.status().message()));
  }
  if (addresses->empty()) {
    co_return Ended(MxRoute::Kind::kNoHost,
                    absl::StrCat(domain, " has neither MX nor address records"));
  }
  std::vector<MxHost> hosts = {{domain, 0}};
  co_return WithoutLoops(std::move(domain), std::move(hosts));
}

MxRoute MxResolver::WithoutLoops(std::string domain, std::vector<MxHost> hosts) {
  Order(hosts, random_);
  const auto own = std::find_if(hosts.begin(), hosts.end(), [this](const MxHost& host) {
    return own_names_.contains(host.name);
  });
  if (own != hosts.end()) {
    // A host must not hand mail back to its equals or its own backups (RFC 5321 §5.1).
    const int preference = own->preference;
    hosts.erase(std::find_if(hosts.begin(), hosts.end(),
                             [&](const MxHost& host) { return host.preference >= preference; }),
                hosts.end());
    if (hosts.empty()) {
      return Ended(MxRoute::Kind::kLoop,
                   absl::StrCat("mail for ", domain, " loops back to this host"));
    }
  }
  if (hosts.size() > kMaxHosts) hosts.resize(kMaxHosts);
  MxRoute route;
  route.kind = MxRoute::Kind::kHosts;
  route.hosts = std::move(hosts);
  return route;
}

asio::awaitable<absl::StatusOr<std::vector<std::string>>> MxResolver::Addresses(std::string host) {
  if (IsAddress(host)) co_return std::vector<std::string>{host};
  std::vector<std::string> all;
  absl::Status error;
  for (const DnsType type : {DnsType::kAaaa, DnsType::kA}) {
    const absl::StatusOr<DnsAnswer> answer = co_await dns_.Query(host, type);
    if (absl::IsInvalidArgument(answer.status())) co_return std::vector<std::string>();
    if (!answer.ok()) {
      error = answer.status();
      continue;
    }
    std::vector<std::string> family;
    for (size_t i = 0; i < answer->rdata.size() && i < kMaxRecords; ++i) {
      std::optional<std::string> address = AddressText(answer->rdata[i], type);
      if (address.has_value()) family.push_back(*std::move(address));
    }
    Shuffle<std::string>(family.begin(), family.end(), random_);
    if (family.size() > kMaxAddressesPerFamily) family.resize(kMaxAddressesPerFamily);
    all.insert(all.end(), family.begin(), family.end());
  }
  // One family's addresses serve even when the other's could not be had.
  if (all.empty() && !error.ok()) co_return error;
  co_return all;
}

}  // namespace mailstrom::delivery
