#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_DNS_RECORDS_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_DNS_RECORDS_H_

// DNS records as text, on top of a DnsClient, and what zone files say of them. Names are in lower
// case without final dot. Errors are those of DnsClient::Query.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asio/awaitable.hpp"
#include "delivery/dns/dns_client.h"

namespace mailstrom::cli {

using Strings = std::vector<std::string>;

// The texts of the TXT records, each with its strings joined; none when there are none.
asio::awaitable<absl::StatusOr<Strings>> LookUpTexts(delivery::DnsClient& dns, std::string name);

// Those that begin with the word `version`, such as `v=spf1`, in any case of letters.
asio::awaitable<absl::StatusOr<Strings>> LookUpTexts(delivery::DnsClient& dns, std::string name,
                                                     std::string version);

// IPv4, then IPv6 addresses.
asio::awaitable<absl::StatusOr<Strings>> LookUpAddresses(delivery::DnsClient& dns,
                                                         std::string name);

// The names of an address (PTR).
asio::awaitable<absl::StatusOr<Strings>> LookUpNames(delivery::DnsClient& dns, std::string address);

// `1.2.0.192` for 192.0.2.1, and likewise the nibbles of IPv6; "" when it is no address.
std::string ReversedAddress(absl::string_view address);

// The name that has the PTR record of an address.
std::string ReverseName(absl::string_view address);

// `name. IN TXT "text"`, in strings of at most 255 octets.
std::string TextRecord(absl::string_view name, absl::string_view text);

// `name. IN A address`, or AAAA.
std::string AddressRecord(absl::string_view name, absl::string_view address);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_DNS_RECORDS_H_
