#ifndef MAILSTROM_DELIVERY_DNS_MX_RESOLVER_H_
#define MAILSTROM_DELIVERY_DNS_MX_RESOLVER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "base/random_source.h"
#include "delivery/dns/dns_client.h"

namespace mailstrom::delivery {

// A host that takes mail for a domain.
struct MxHost {
  // In lower-case A-labels, no final dot; the literal's address for a domain literal.
  std::string name;
  int preference = 0;
};

// Where a domain's mail goes.
struct MxRoute {
  enum class Kind {
    kHosts,         // `hosts` is not empty.
    kNoSuchDomain,  // NXDOMAIN (fail, 5.1.2).
    kNoMail,        // Null MX (RFC 7505; fail, 5.1.10).
    kNoHost,        // Neither MX nor address, or all MX names unusable (fail, 5.4.4).
    kLoop,          // This host is the best MX (fail, 5.4.6).
    kUntrusted,     // A policy of the domain allows none of its hosts (defer, 4.7.5).
    kTemporary,     // No answer; never an excuse to fall back to A (defer, 4.4.3).
  };
  Kind kind = Kind::kTemporary;
  // Best preference first, equal ones shuffled.
  std::vector<MxHost> hosts;
  // DNSSEC proved the MX records, or that there are none.
  bool authenticated = false;
  // A policy of the domain asks for TLS with a verified certificate (MTA-STS, RFC 8461).
  bool must_verify = false;
  // For people: what DNS said, when kind is not kHosts.
  std::string description;
};

// Finds MX hosts (RFC 5321 §5.1). Lives on the DnsClient's strand.
class MxResolver {
 public:
  // `own_names`: this host's names (lower case), for loop detection.
  MxResolver(DnsClient& dns, RandomSource& random, absl::flat_hash_set<std::string> own_names);

  // `domain`: lower-case A-labels, or a domain literal with its brackets.
  asio::awaitable<MxRoute> Resolve(std::string domain);

  // Addresses of one MX host, IPv6 before IPv4, each family shuffled, bounded in number. Empty: it
  // has none. Unavailable: DNS gave no answer.
  asio::awaitable<absl::StatusOr<std::vector<std::string>>> Addresses(std::string host);

 private:
  asio::awaitable<MxRoute> ResolveImplicitMx(std::string domain);
  // Puts hosts in order, and drops this host and those no better than it.
  MxRoute WithoutLoops(std::string domain, std::vector<MxHost> hosts);

  DnsClient& dns_;
  RandomSource& random_;
  const absl::flat_hash_set<std::string> own_names_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DNS_MX_RESOLVER_H_
