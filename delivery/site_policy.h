#ifndef MAILSTROM_DELIVERY_SITE_POLICY_H_
#define MAILSTROM_DELIVERY_SITE_POLICY_H_

// How sites are treated, and which rule of the configuration says so. Pure values.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/domain_limits.h"
#include "delivery/reply_rule.h"
#include "delivery/retry_policy.h"
#include "delivery/smtp/auth.h"
#include "delivery/smtp/tls_mode.h"
#include "delivery/source_pool.h"

namespace mailstrom::delivery {

// All that is in force for one site.
struct SitePolicy {
  // Of the rule that applies; for people.
  std::string name = "default";
  uint16_t port = 25;
  smtp::TlsMode tls = smtp::TlsMode::kOpportunistic;
  RetryPolicy retry;
  // Attempts under way, at most and at first.
  int connections = 20;
  int first_connections = 5;
  int recipients_per_transaction = 100;
  // After that many messages a connection is closed.
  int emails_per_connection = 100;
  // Connections opened, and messages begun; 0 is no limit.
  double connections_per_second = 0;
  double messages_per_second = 0;
  // Looked through in order.
  std::vector<ReplyRule> reply_rules;
  // For a relay that wants to know who calls.
  std::optional<smtp::Credentials> credentials = std::nullopt;
  // The operator named the host himself, so its address may be private.
  bool trusted = false;
  // What its rule wants it to be sent from; null: see SitePolicies::SourcesFor.
  std::shared_ptr<const SourcePool> sources = nullptr;
};

// What a rule changes of a policy.
struct SitePolicyChanges {
  std::optional<uint16_t> port;
  std::optional<smtp::TlsMode> tls;
  storage::RetryOverrides retry;
  std::optional<int> connections;
  std::optional<int> first_connections;
  std::optional<int> recipients_per_transaction;
  std::optional<int> emails_per_connection;
  std::optional<double> connections_per_second;
  std::optional<double> messages_per_second;
  // Come before those of the policy.
  std::vector<ReplyRule> reply_rules;
  std::shared_ptr<const SourcePool> sources = nullptr;
};

SitePolicy WithChanges(SitePolicy policy, const SitePolicyChanges& changes);

// A rule for sites, by the domains that they serve or the hosts that serve them.
struct SiteRule {
  std::string name;
  // Names in A-labels, any case; `*.example.com` is every name below it. A rule with domains goes
  // before one that only fits by a host; among equals the first counts.
  std::vector<std::string> domains;
  // All hosts of the best preference must fit.
  std::vector<std::string> hosts;
  SitePolicyChanges changes;
};

// A host that takes mail for others, instead of their own.
struct RelayRule {
  std::string name;
  // Both must fit; empty fits all. Patterns as above; `<>` is the null reverse-path.
  std::vector<std::string> sender_domains;
  std::vector<std::string> recipient_domains;
  // Host names or addresses, tried in this order. Empty: straight to the MX after all.
  std::vector<std::string> hosts;
  std::optional<smtp::Credentials> credentials;
  SitePolicyChanges changes;
};

// From where mail of some senders is sent.
struct SenderRule {
  // Domains of reverse-paths, patterns as above. Empty fits all.
  std::vector<std::string> sender_domains;
  std::shared_ptr<const SourcePool> sources;
};

// Decides which rule applies. Immutable.
class SitePolicies {
 public:
  // Among the senders and the domains the first that fits counts.
  SitePolicies(SitePolicy defaults, std::vector<SiteRule> rules, std::vector<RelayRule> relays,
               std::vector<SenderRule> senders = {}, std::vector<DomainRule> domains = {});

  struct Relay {
    std::vector<MxHost> hosts;
    std::shared_ptr<const SitePolicy> policy;
  };

  // The relay for mail from one domain (empty: null reverse-path) to another; null: the MX hosts.
  const Relay* FindRelay(absl::string_view sender_domain, absl::string_view recipient_domain) const;

  // The relay of the rule of this name; null: there is none, or it names no host.
  const Relay* RelayNamed(absl::string_view name) const;

  // For delivery to `hosts`, best preference first, of `domain`.
  std::shared_ptr<const SitePolicy> PolicyFor(absl::string_view domain,
                                              const std::vector<MxHost>& hosts) const;

  struct Sources {
    // Null: the system chooses.
    std::shared_ptr<const SourcePool> pool;
    // Who says so, for people.
    const char* reason = "";
  };

  // From where mail goes that is treated by `policy`: a site's or relay's own rule goes before the
  // sender's (empty domain: null reverse-path), and that before what is so for all.
  Sources SourcesFor(const SitePolicy& policy, absl::string_view sender_domain) const;

  // Of the recipients' domain itself, whatever site serves it.
  DomainLimits DomainLimitsFor(absl::string_view domain) const;

  const SitePolicy& defaults() const { return *defaults_; }

 private:
  struct Rule {
    std::vector<std::string> domains;
    std::vector<std::string> hosts;
    std::shared_ptr<const SitePolicy> policy;
  };
  struct RelayEntry {
    std::vector<std::string> sender_domains;
    std::vector<std::string> recipient_domains;
    Relay relay;
  };

  const std::shared_ptr<const SitePolicy> defaults_;
  std::vector<Rule> rules_;
  std::vector<RelayEntry> relays_;
  std::vector<SenderRule> senders_;
  std::vector<DomainRule> domains_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITE_POLICY_H_
