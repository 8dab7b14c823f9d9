#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_MX_CHECKS_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_MX_CHECKS_H_

#include <string>
#include <vector>

#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "base/random_source.h"
#include "clients/cli/doctor/finding.h"
#include "delivery/destination_filter.h"
#include "delivery/dns/dns_client.h"
#include "delivery/transport.h"

namespace mailstrom::cli {

// What the checks of a domain's own mail hosts need; all of it must outlive them.
struct MxCheckParts {
  delivery::DnsClient& dns;
  delivery::Connector& connector;
  Alarms& alarms;
  RandomSource& random;
  // Where they may connect to, other than MX hosts.
  delivery::DestinationFilter filter;
  // For EHLO.
  std::string hello_name;
};

// Where bounces and answers to the domain go: its MX hosts, each one's STARTTLS and certificate,
// and its MTA-STS policy (RFC 8461). Talks to the hosts, without sending anything.
asio::awaitable<Findings> CheckMailHosts(const MxCheckParts& parts, std::string domain);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_MX_CHECKS_H_
