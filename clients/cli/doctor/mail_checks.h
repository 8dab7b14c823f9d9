#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_MAIL_CHECKS_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_MAIL_CHECKS_H_

// What the DNS says of a domain's mail, check by check. Domains are lower-case A-labels; `dns` must
// outlive the calls.

#include <optional>
#include <string>
#include <vector>

#include "asio/awaitable.hpp"
#include "clients/cli/doctor/dns_records.h"
#include "clients/cli/doctor/finding.h"
#include "delivery/dns/dns_client.h"
#include "message/dkim_key.h"

namespace mailstrom::cli {

// The SPF record (RFC 7208), and what it says of each of `addresses`; of none, whether it can be
// read. `helo` is for macros.
asio::awaitable<Findings> CheckSpf(delivery::DnsClient& dns, std::string domain, Strings addresses,
                                   std::string helo);

// The record of a DKIM key (RFC 6376 §3.6.1). With `key`, whether it is that key's. It must outlive
// the call.
asio::awaitable<Finding> CheckDkim(delivery::DnsClient& dns, std::string domain,
                                   std::string selector, const message::DkimKey* key);

// The DMARC record of the domain, or of the closest one above it that has one (RFC 7489).
asio::awaitable<Finding> CheckDmarc(delivery::DnsClient& dns, std::string domain);

// That the name in EHLO has an address, and `addresses` among them.
asio::awaitable<Finding> CheckHelo(delivery::DnsClient& dns, std::string helo, Strings addresses);

// That the address has a name that has that address (forward-confirmed reverse DNS).
asio::awaitable<Finding> CheckReverse(delivery::DnsClient& dns, std::string address,
                                      std::string helo);

// Whether the list of senders to be blocked `zone` has the address (RFC 5782).
asio::awaitable<Finding> CheckBlocklist(delivery::DnsClient& dns, std::string address,
                                        std::string zone);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_MAIL_CHECKS_H_
