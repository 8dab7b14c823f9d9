#ifndef MAILSTROM_DELIVERY_OPTIONS_H_
#define MAILSTROM_DELIVERY_OPTIONS_H_

// Everything about delivery that configuration decides, as plain values. Each default is what a
// production server would choose.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "delivery/destination_filter.h"
#include "delivery/retry_policy.h"
#include "delivery/site_policy.h"
#include "delivery/smtp/timeouts.h"
#include "delivery/smtp/tls_mode.h"

namespace mailstrom::delivery {

// Bounds on what delivery takes of this machine and of its peers. All at least 1.
struct Limits {
  // Attempts under way, each with one connection.
  int connections = 500;
  // The same for one site; it starts lower and grows as the site bears it.
  int connections_per_site = 20;
  int first_connections_per_site = 5;
  int recipients_per_transaction = 100;
  // After that many messages a connection is closed.
  int emails_per_connection = 100;
  // How long an idle connection waits for more.
  absl::Duration connection_idle = absl::Seconds(5);
  // MX hosts that one attempt looks at.
  int hosts_per_attempt = 5;
  // Addresses that one attempt connects to.
  int addresses_per_attempt = 5;
  // However well it goes, an attempt ends then.
  absl::Duration attempt_duration = absl::Hours(1);
  // Recipients that are held in memory, waiting or under way.
  int claim_window = 20000;
  // Message bytes that are held in memory. One larger message may travel alone.
  int64_t content_bytes = int64_t{256} << 20;
  // Sites of which is remembered how they do.
  int sites = 20000;
  // Domains whose MX is looked up at one time.
  int lookups = 1000;
  // Connections opened, and messages begun, over all sites; 0 is no limit.
  double connections_per_second = 0;
  double messages_per_second = 0;
  // The same for one site.
  double connections_per_second_per_site = 0;
  double messages_per_second_per_site = 0;
};

// What the engine needs to know.
struct EngineOptions {
  // This host's FQDN, for EHLO and for the detection of loops.
  std::string hello_name;
  // Further names of this host.
  std::vector<std::string> own_names;
  // Where MX hosts listen.
  uint16_t destination_port = 25;
  smtp::TlsMode tls = smtp::TlsMode::kOpportunistic;
  smtp::Timeouts timeouts;
  RetryPolicy retry;
  Limits limits;
  // Deliver to loopback, private and link-local addresses too.
  bool allow_private_destinations = false;
  // Heed the TLSA records of hosts, where DNSSEC proves them.
  bool use_dane = true;
  // Heed the MTA-STS policies of domains, and keep them in this directory over restarts; empty: in
  // memory.
  bool use_mta_sts = true;
  std::string mta_sts_directory;
  // Allowed whatever else is said.
  std::vector<AddressBlock> allowed_destinations;
  // This host's, where mail must not go.
  std::vector<AddressBlock> own_addresses;
  // How some sites are treated differently, and which mail goes by relays.
  std::vector<SiteRule> site_rules;
  std::vector<RelayRule> relay_rules;
  // From where mail is sent, where no rule for the site says so; without any the system chooses.
  std::vector<SenderRule> sender_rules;
  // Bounds on the mail for each domain; without any there is none but those of sites.
  std::vector<DomainRule> domain_rules;
  // Treat the large mailbox providers as they are known to want it, where no rule says otherwise. A
  // rule of the same name replaces the one for a provider.
  bool use_provider_rules = true;
  // For all sites.
  std::vector<ReplyRule> reply_rules;
  // How long a host whose STARTTLS is broken is served in clear at once.
  absl::Duration broken_starttls_memory = absl::Hours(1);
  // How long an address that did not answer is tried only after all others.
  absl::Duration unreachable_memory = absl::Minutes(2);
};

// What is in force for each site. Names of rules must differ.
SitePolicies MakeSitePolicies(const EngineOptions& options);

DestinationFilter MakeDestinationFilter(const EngineOptions& options);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_OPTIONS_H_
