#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_SPF_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_SPF_H_

#include <string>

#include "asio/awaitable.hpp"
#include "delivery/dns/dns_client.h"

namespace mailstrom::cli {

// Who asks whom (RFC 7208 §4.1).
struct SpfQuestion {
  std::string domain;
  // The sending host, IPv4 or IPv6. Empty: one that no mechanism but `all` names, so that the whole
  // record is walked.
  std::string address;
  // Its name in EHLO, for macros.
  std::string helo;
};

struct SpfAnswer {
  enum class Result { kNone, kNeutral, kPass, kFail, kSoftFail, kTempError, kPermError };
  Result result = Result::kNone;
  // The record of the domain itself.
  std::string record;
  // Which mechanism decided, or what the error is.
  std::string reason;
  // Terms that cost a receiver a DNS query, of which 10 are allowed (§4.6.4).
  int lookups = 0;
};

// `pass`, `softfail` and so on.
std::string SpfResultName(SpfAnswer::Result result);

// Judges as a receiver does (RFC 7208 §4), limits included. `ptr`, which §5.5 says not to use,
// never matches. `dns` must outlive the call.
asio::awaitable<SpfAnswer> EvaluateSpf(delivery::DnsClient& dns, SpfQuestion question);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_SPF_H_
