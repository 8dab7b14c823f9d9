#include "server/relay_rules.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/read_file.h"
#include "server/relay_address.h"
#include "server/site_rules.h"

namespace mailstrom::server {
namespace {

absl::StatusOr<std::string> ReadSecret(const std::string& field, const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    return absl::NotFoundError(absl::StrCat(field, ": ", text.status().message()));
  }
  std::string secret(absl::StripTrailingAsciiWhitespace(*text));
  if (secret.empty())
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", path, ": is empty"));
  return secret;
}

absl::StatusOr<delivery::smtp::Credentials> ToCredentials(
    const std::string& field, const config::v1::CredentialsConfig& config) {
  delivery::smtp::Credentials credentials;
  credentials.username = config.username();
  credentials.allow_unverified = config.allow_unverified();
  if (!config.password_file().empty()) {
    ASSIGN_OR_RETURN(credentials.password,
                     ReadSecret(field + ".password_file", config.password_file()));
  } else {
    ASSIGN_OR_RETURN(credentials.access_token,
                     ReadSecret(field + ".access_token_file", config.access_token_file()));
  }
  return credentials;
}

}  // namespace

absl::StatusOr<std::vector<delivery::RelayRule>> MakeRelayRules(
    const config::v1::DeliveryConfig& config, const SourcePools& pools) {
  std::vector<delivery::RelayRule> rules;
  for (const config::v1::RelayConfig& relay : config.relays()) {
    delivery::RelayRule rule;
    rule.name = relay.name();
    rule.hosts.assign(relay.hosts().begin(), relay.hosts().end());
    rule.sender_domains.assign(relay.sender_domains().begin(), relay.sender_domains().end());
    rule.recipient_domains.assign(relay.recipient_domains().begin(),
                                  relay.recipient_domains().end());
    rule.changes = ToPolicyChanges(relay.policy());
    rule.changes.port = static_cast<uint16_t>(relay.port());
    rule.changes.tls = ToTlsMode(relay.tls());
    rule.changes.sources = FindSourcePool(pools, relay.source_pool());
    if (relay.has_credentials()) {
      const std::string field = absl::StrCat("delivery.relays[", rules.size(), "].credentials");
      ASSIGN_OR_RETURN(rule.credentials, ToCredentials(field, relay.credentials()));
    }
    rules.push_back(std::move(rule));
  }
  // Last, so that it takes what no other does.
  if (const std::optional<RelayAddress> address = ParseRelayAddress(config.relay())) {
    delivery::RelayRule rule;
    rule.name = config.relay();
    rule.hosts = {address->host};
    rule.changes.port = address->port;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace mailstrom::server
