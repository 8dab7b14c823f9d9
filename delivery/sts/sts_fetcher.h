#ifndef MAILSTROM_DELIVERY_STS_STS_FETCHER_H_
#define MAILSTROM_DELIVERY_STS_STS_FETCHER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "base/random_source.h"
#include "delivery/destination_filter.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/transport.h"

namespace mailstrom::delivery {

// Fetches policy files by HTTPS (RFC 8461 §3.3). Lives on one strand. All arguments must outlive
// it.
class StsFetcher {
 public:
  StsFetcher(DnsClient& dns, RandomSource& random, DestinationFilter filter, Connector& connector,
             Alarms& alarms)
      : resolver_(dns, random, {}),
        filter_(std::move(filter)),
        connector_(connector),
        alarms_(alarms) {}

  // The text of the policy of `domain` (lower-case A-labels), at most kMaxStsPolicyBytes. Ends
  // within about a minute. The host has to show a certificate that verifies, or there is no policy.
  asio::awaitable<absl::StatusOr<std::string>> Fetch(std::string domain);

  // Fetches under way begin nothing new; what they wait for has to be cancelled besides.
  void Stop() { stopped_ = true; }

 private:
  asio::awaitable<absl::StatusOr<std::string>> FetchFrom(std::string host, std::string address);

  MxResolver resolver_;
  const DestinationFilter filter_;
  Connector& connector_;
  Alarms& alarms_;
  bool stopped_ = false;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_STS_STS_FETCHER_H_
