#ifndef MAILSTROM_DELIVERY_DNS_DNS_CLIENT_H_
#define MAILSTROM_DELIVERY_DNS_DNS_CLIENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asio/awaitable.hpp"

namespace mailstrom::delivery {

enum class DnsType { kA = 1, kCname = 5, kPtr = 12, kMx = 15, kTxt = 16, kAaaa = 28, kTlsa = 52 };

struct DnsAnswer {
  // NXDOMAIN: the name itself does not exist.
  bool no_such_name = false;
  // DNSSEC proved the answer.
  bool authenticated = false;
  // The name after following CNAMEs, in lower case without final dot.
  std::string canonical_name;
  // One element per record of the type asked for, in wire format (RFC 1035 §3.3); empty for
  // NODATA. Bounded in number and size; hostile all the same.
  std::vector<std::string> rdata;
  // How long the answer, or that there is none, stays valid; whole seconds.
  absl::Duration ttl = absl::ZeroDuration();
};

// Asks the DNS. Lives on one strand.
class DnsClient {
 public:
  virtual ~DnsClient() = default;
  // `name` in A-labels, with or without final dot. Ends within the client's own time-out.
  // Unavailable: SERVFAIL, no answer, or bogus by DNSSEC: ask again later.
  // InvalidArgument: not a name.
  virtual asio::awaitable<absl::StatusOr<DnsAnswer>> Query(std::string name, DnsType type) = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DNS_DNS_CLIENT_H_
