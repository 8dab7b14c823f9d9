#include "server/config.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "asio/ip/address.hpp"
#include "base/duration_text.h"
#include "base/status_macros.h"
#include "base/yaml_proto.h"
#include "delivery/destination_filter.h"
#include "server/config_complaints.h"
#include "server/relay_address.h"
#include "server/source_config.h"

namespace mailstrom::server {
namespace {

using config::v1::ServerConfig;

constexpr int64_t kMiB = 1024 * 1024;

// Gives an unset duration its default and holds it within bounds.
void CompleteDuration(absl::string_view path, bool is_set, google::protobuf::Duration& field,
                      absl::Duration fallback, absl::Duration least, absl::Duration most,
                      Complaints& complaints) {
  if (!is_set) field = ToProto(fallback);
  const absl::Duration value = FromProto(field);
  if (value < least || value > most) {
    complaints.Add(
        path, absl::StrCat(FormatDurationText(value), " is not between ", FormatDurationText(least),
                           " and ", FormatDurationText(most)));
  }
}

// Gives an unset number its default and holds it within bounds.
#define COMPLETE_NUMBER(message, field, path, fallback, least, most)                          \
  do {                                                                                        \
    if (!(message).has_##field()) (message).set_##field(fallback);                            \
    complaints.CheckRange<decltype((message).field())>(path, (message).field(), least, most); \
  } while (false)

#define COMPLETE_DURATION(message, field, path, fallback, least, most)                  \
  do {                                                                                  \
    const bool is_set = (message).has_##field();                                        \
    CompleteDuration(path, is_set, *(message).mutable_##field(), fallback, least, most, \
                     complaints);                                                       \
  } while (false)

bool IsLoopback(absl::string_view address) {
  return absl::StartsWith(address, "127.") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "[::1]:") || absl::StartsWith(address, "unix:");
}

void CompleteTls(ServerConfig& config, Complaints& complaints) {
  if (!config.has_tls()) return;
  auto& tls = *config.mutable_tls();
  if (tls.certificate_file().empty()) complaints.Add("tls.certificate_file", "is required");
  if (tls.private_key_file().empty()) complaints.Add("tls.private_key_file", "is required");
  if (!tls.has_require_client_certificate()) tls.set_require_client_certificate(false);
  if (tls.require_client_certificate() && tls.client_ca_file().empty()) {
    complaints.Add("tls.client_ca_file", "is required by require_client_certificate");
  }
}

void CompleteListening(const ConfigContext& context, ServerConfig& config, Complaints& complaints) {
  if (!context.listen_address.empty()) config.set_listen_address(context.listen_address);
  if (config.listen_address().empty()) config.set_listen_address("127.0.0.1:2626");
  if (!config.has_allow_insecure_listen()) config.set_allow_insecure_listen(false);
  if (!absl::StrContains(config.listen_address(), ':')) {
    complaints.Add("listen_address", "expected host:port");
  } else if (IsOpen(config) && !config.allow_insecure_listen()) {
    complaints.Add("listen_address",
                   "other machines could send without credentials; listen on a loopback address, "
                   "set tls with access or with require_client_certificate: true, or set "
                   "allow_insecure_listen: true");
  } else if (IsInClear(config) && !config.allow_insecure_listen()) {
    complaints.Add("listen_address",
                   "credentials and emails would cross the network in clear; listen on a loopback "
                   "address, set tls, or set allow_insecure_listen: true");
  }
  const std::string& admin = config.admin().listen_address();
  if (!admin.empty() && !absl::StrContains(admin, ':')) {
    complaints.Add("admin.listen_address", "expected host:port");
  } else if (!admin.empty() && !IsLoopback(admin) && !(config.has_tls() && config.has_access())) {
    complaints.Add("admin.listen_address",
                   "other machines need tls and access; listen on a loopback address without");
  }
  if (config.has_access() && config.access().file().empty()) {
    complaints.Add("access.file", "is required");
  }
  if (config.host_name().empty()) config.set_host_name(context.system_host_name);
  if (!IsFullyQualified(config.host_name())) {
    complaints.Add("host_name",
                   absl::StrCat("\"", config.host_name(),
                                "\" is not a fully qualified host name; other servers refuse "
                                "mail from a host that greets them without one"));
  }
}

void CompleteStore(ServerConfig& config, Complaints& complaints) {
  switch (config.store().kind_case()) {
    case config::v1::StoreConfig::kMemory:
      return;
    case config::v1::StoreConfig::kRocksdb: {
      auto& rocksdb = *config.mutable_store()->mutable_rocksdb();
      if (rocksdb.path().empty()) complaints.Add("store.rocksdb.path", "is required");
      COMPLETE_NUMBER(rocksdb, block_cache_bytes, "store.rocksdb.block_cache_bytes", 64 * kMiB,
                      kMiB, int64_t{1} << 40);
      COMPLETE_DURATION(rocksdb, retention, "store.rocksdb.retention", absl::Hours(7 * 24),
                        absl::Minutes(1), absl::Hours(3650 * 24));
      if (rocksdb.has_backup_interval()) {
        COMPLETE_DURATION(rocksdb, backup_interval, "store.rocksdb.backup_interval",
                          absl::InfiniteDuration(), absl::Minutes(1), absl::Hours(3650 * 24));
        if (rocksdb.backup_directory().empty()) {
          complaints.Add("store.rocksdb.backup_directory", "is required by backup_interval");
        }
      }
      COMPLETE_NUMBER(rocksdb, backups_kept, "store.rocksdb.backups_kept", 7, 1, 1'000'000);
      return;
    }
    case config::v1::StoreConfig::KIND_NOT_SET:
      complaints.Add("store", "is required: `rocksdb: {path: …}` or `memory: {}`");
  }
}

void CompleteLimits(ServerConfig& config, Complaints& complaints) {
  auto& limits = *config.mutable_limits();
  COMPLETE_NUMBER(limits, max_message_bytes, "limits.max_message_bytes", 40 * kMiB, int64_t{1024},
                  512 * kMiB);
  COMPLETE_NUMBER(limits, max_recipients, "limits.max_recipients", 1000, 1, 1000);
  COMPLETE_NUMBER(limits, max_queued_emails, "limits.max_queued_emails", 10'000'000, int64_t{1},
                  int64_t{1} << 40);
  COMPLETE_NUMBER(limits, max_queued_bytes, "limits.max_queued_bytes", 100 * 1024 * kMiB,
                  limits.max_message_bytes(), int64_t{1} << 50);
}

void CompleteDns(ServerConfig& config, Complaints& complaints) {
  auto& dns = *config.mutable_dns();
  COMPLETE_DURATION(dns, timeout, "dns.timeout", absl::Seconds(10), absl::Milliseconds(10),
                    absl::Minutes(5));
  COMPLETE_NUMBER(dns, cache_bytes, "dns.cache_bytes", 16 * kMiB, 64 * 1024, int64_t{1} << 34);
}

void CompleteRetry(config::v1::RetryConfig& retry, Complaints& complaints) {
  COMPLETE_NUMBER(retry, max_retries, "delivery.retry.max_retries", 3, 0, 1000);
  COMPLETE_DURATION(retry, initial_delay, "delivery.retry.initial_delay", absl::Minutes(5),
                    absl::Milliseconds(1), absl::Hours(24 * 30));
  COMPLETE_DURATION(retry, max_delay, "delivery.retry.max_delay", absl::Hours(4),
                    absl::Milliseconds(1), absl::Hours(24 * 30));
  COMPLETE_NUMBER(retry, multiplier, "delivery.retry.multiplier", 2.0, 1.0, 100.0);
  COMPLETE_NUMBER(retry, jitter, "delivery.retry.jitter", 0.1, 0.0, 1.0);
  COMPLETE_DURATION(retry, lifetime, "delivery.retry.lifetime", absl::Hours(24 * 5),
                    absl::Seconds(1), absl::Hours(24 * 30));
}

void CompleteTimeouts(config::v1::TimeoutsConfig& timeouts, Complaints& complaints) {
  const absl::Duration least = absl::Milliseconds(10);
  const absl::Duration most = absl::Hours(1);
  COMPLETE_DURATION(timeouts, connect, "delivery.timeouts.connect", absl::Seconds(30), least, most);
  COMPLETE_DURATION(timeouts, greeting, "delivery.timeouts.greeting", absl::Minutes(5), least,
                    most);
  COMPLETE_DURATION(timeouts, hello, "delivery.timeouts.hello", absl::Minutes(5), least, most);
  COMPLETE_DURATION(timeouts, tls, "delivery.timeouts.tls", absl::Minutes(2), least, most);
  COMPLETE_DURATION(timeouts, mail, "delivery.timeouts.mail", absl::Minutes(5), least, most);
  COMPLETE_DURATION(timeouts, rcpt, "delivery.timeouts.rcpt", absl::Minutes(5), least, most);
  COMPLETE_DURATION(timeouts, data_command, "delivery.timeouts.data_command", absl::Minutes(2),
                    least, most);
  COMPLETE_DURATION(timeouts, data_block, "delivery.timeouts.data_block", absl::Minutes(3), least,
                    most);
  COMPLETE_DURATION(timeouts, data_end, "delivery.timeouts.data_end", absl::Minutes(10), least,
                    most);
  COMPLETE_DURATION(timeouts, quit, "delivery.timeouts.quit", absl::Seconds(10), least, most);
}

void CompleteCredentials(const std::string& path, config::v1::RelayConfig& relay,
                         Complaints& complaints) {
  auto& credentials = *relay.mutable_credentials();
  if (credentials.username().empty()) complaints.Add(path + ".username", "is required");
  if (credentials.password_file().empty() == credentials.access_token_file().empty()) {
    complaints.Add(path, "either password_file or access_token_file is required");
  }
  if (!credentials.has_allow_unverified()) credentials.set_allow_unverified(false);
  if (relay.tls() != config::v1::TLS_MODE_VERIFY && !credentials.allow_unverified()) {
    complaints.Add(path, "they go over TLS_MODE_VERIFY only, unless allow_unverified: true is set");
  }
}

void CompleteReplyRules(const std::string& path,
                        google::protobuf::RepeatedPtrField<config::v1::ReplyRuleConfig>& rules,
                        Complaints& complaints) {
  for (int i = 0; i < rules.size(); ++i) {
    config::v1::ReplyRuleConfig& rule = rules[i];
    const std::string at = absl::StrCat(path, ".reply_rules[", i, "]");
    COMPLETE_NUMBER(rule, first_code, at + ".first_code", 400, 400, 599);
    COMPLETE_NUMBER(rule, last_code, at + ".last_code", 599, rule.first_code(), 599);
    if (rule.action() == config::v1::REPLY_ACTION_UNSPECIFIED) {
      complaints.Add(at + ".action", "is required");
    }
    COMPLETE_DURATION(rule, suspend_for, at + ".suspend_for", absl::Minutes(5), absl::Seconds(1),
                      absl::Hours(24));
  }
}

// Nothing is filled in: what is not set is as for all sites.
void CheckPolicy(const std::string& path, config::v1::SitePolicyConfig& policy,
                 Complaints& complaints) {
  const auto check = [&](const char* field, bool is_set, auto value, auto least, auto most) {
    if (is_set) complaints.CheckRange<decltype(value)>(path + "." + field, value, least, most);
  };
  check("max_connections", policy.has_max_connections(), policy.max_connections(), 1, 10000);
  check("first_connections", policy.has_first_connections(), policy.first_connections(), 1, 10000);
  check("max_recipients_per_transaction", policy.has_max_recipients_per_transaction(),
        policy.max_recipients_per_transaction(), 1, 1000);
  check("max_emails_per_connection", policy.has_max_emails_per_connection(),
        policy.max_emails_per_connection(), 1, 100000);
  check("connections_per_second", policy.has_connections_per_second(),
        policy.connections_per_second(), 0.0, 1e6);
  check("messages_per_second", policy.has_messages_per_second(), policy.messages_per_second(), 0.0,
        1e6);
  check("max_retries", policy.has_max_retries(), policy.max_retries(), 0, 1000);
  check("multiplier", policy.has_multiplier(), policy.multiplier(), 1.0, 100.0);
  if (policy.has_initial_delay()) {
    COMPLETE_DURATION(policy, initial_delay, path + ".initial_delay", absl::Minutes(5),
                      absl::Milliseconds(1), absl::Hours(24 * 30));
  }
  if (policy.has_max_delay()) {
    COMPLETE_DURATION(policy, max_delay, path + ".max_delay", absl::Hours(4), absl::Milliseconds(1),
                      absl::Hours(24 * 30));
  }
  CompleteReplyRules(path, *policy.mutable_reply_rules(), complaints);
}

// Adds `wanted`, or a variant of it that is free, to `names`.
std::string TakeFreeName(const std::string& wanted, absl::flat_hash_set<std::string>& names) {
  std::string name = wanted;
  for (int n = 2; !names.insert(name).second; ++n) name = absl::StrCat(wanted, " (", n, ")");
  return name;
}

// Gives relays and sites the names that they do not have. Two rules with one name would share
// limits wherever they lead to the same hosts.
void CompleteNames(config::v1::DeliveryConfig& delivery, Complaints& complaints) {
  absl::flat_hash_set<std::string> names = {"default"};
  if (!delivery.relay().empty()) names.insert(delivery.relay());
  const auto take = [&](const char* list, int i, const std::string& name) {
    if (name.empty() || names.insert(name).second) return;
    complaints.Add(absl::StrCat("delivery.", list, "[", i, "].name"),
                   absl::StrCat("\"", name, "\" names another rule"));
  };
  for (int i = 0; i < delivery.relays_size(); ++i) take("relays", i, delivery.relays(i).name());
  for (int i = 0; i < delivery.sites_size(); ++i) take("sites", i, delivery.sites(i).name());
  for (auto& relay : *delivery.mutable_relays()) {
    if (!relay.name().empty()) continue;
    relay.set_name(TakeFreeName(relay.hosts().empty() ? "straight to MX" : relay.hosts(0), names));
  }
  for (auto& site : *delivery.mutable_sites()) {
    if (!site.name().empty() || (site.domains().empty() && site.hosts().empty())) continue;
    site.set_name(TakeFreeName(site.domains().empty() ? site.hosts(0) : site.domains(0), names));
  }
}

void CompleteSites(config::v1::DeliveryConfig& delivery, Complaints& complaints) {
  for (int i = 0; i < delivery.sites_size(); ++i) {
    auto& site = *delivery.mutable_sites(i);
    const std::string path = absl::StrCat("delivery.sites[", i, "]");
    if (site.domains().empty() && site.hosts().empty()) {
      complaints.Add(path, "domains or hosts are required");
      continue;
    }
    for (const std::string& pattern : site.domains()) {
      CheckDomainPattern(path + ".domains", pattern, complaints);
    }
    for (const std::string& pattern : site.hosts()) {
      CheckDomainPattern(path + ".hosts", pattern, complaints);
    }
    if (site.has_port()) complaints.CheckRange(path + ".port", site.port(), 1, 65535);
    if (site.has_policy()) CheckPolicy(path + ".policy", *site.mutable_policy(), complaints);
  }
  if (!delivery.has_use_provider_rules()) delivery.set_use_provider_rules(true);
  CompleteReplyRules("delivery", *delivery.mutable_reply_rules(), complaints);
}

void CompleteRelays(config::v1::DeliveryConfig& delivery, Complaints& complaints) {
  if (!delivery.relay().empty() && !ParseRelayAddress(delivery.relay()).has_value()) {
    complaints.Add("delivery.relay", "expected host or host:port");
  }
  for (int i = 0; i < delivery.relays_size(); ++i) {
    auto& relay = *delivery.mutable_relays(i);
    const std::string path = absl::StrCat("delivery.relays[", i, "]");
    for (const std::string& host : relay.hosts()) {
      if (!IsRelayHost(host)) {
        complaints.Add(path + ".hosts", absl::StrCat("\"", host, "\" is no host name or address"));
      }
    }
    COMPLETE_NUMBER(relay, port, path + ".port", 25, 1, 65535);
    for (const std::string& pattern : relay.sender_domains()) {
      if (pattern == "<>") continue;
      CheckDomainPattern(path + ".sender_domains", pattern, complaints);
    }
    for (const std::string& pattern : relay.recipient_domains()) {
      CheckDomainPattern(path + ".recipient_domains", pattern, complaints);
    }
    if (relay.tls() == config::v1::TLS_MODE_UNSPECIFIED) {
      relay.set_tls(relay.has_credentials() ? config::v1::TLS_MODE_VERIFY : delivery.tls());
    }
    if (relay.has_policy()) CheckPolicy(path + ".policy", *relay.mutable_policy(), complaints);
    if (relay.has_credentials()) CompleteCredentials(path + ".credentials", relay, complaints);
  }
}

void CompleteDomainLimits(config::v1::DeliveryConfig& delivery, Complaints& complaints) {
  auto& all = *delivery.mutable_concurrency();
  COMPLETE_NUMBER(all, max_connections_per_domain,
                  "delivery.concurrency.max_connections_per_domain", 0, 0, 10000);
  COMPLETE_NUMBER(all, connections_per_second_per_domain,
                  "delivery.concurrency.connections_per_second_per_domain", 0.0, 0.0, 1e6);
  COMPLETE_NUMBER(all, messages_per_second_per_domain,
                  "delivery.concurrency.messages_per_second_per_domain", 0.0, 0.0, 1e6);
  for (int i = 0; i < delivery.domain_limits_size(); ++i) {
    auto& limits = *delivery.mutable_domain_limits(i);
    const std::string path = absl::StrCat("delivery.domain_limits[", i, "]");
    if (limits.domains().empty()) complaints.Add(path + ".domains", "are required");
    for (const std::string& pattern : limits.domains()) {
      CheckDomainPattern(path + ".domains", pattern, complaints);
    }
    COMPLETE_NUMBER(limits, max_connections, path + ".max_connections",
                    all.max_connections_per_domain(), 0, 10000);
    COMPLETE_NUMBER(limits, connections_per_second, path + ".connections_per_second",
                    all.connections_per_second_per_domain(), 0.0, 1e6);
    COMPLETE_NUMBER(limits, messages_per_second, path + ".messages_per_second",
                    all.messages_per_second_per_domain(), 0.0, 1e6);
  }
}

void CheckBlocks(const std::string& path,
                 const google::protobuf::RepeatedPtrField<std::string>& blocks,
                 Complaints& complaints) {
  for (int i = 0; i < blocks.size(); ++i) {
    const absl::Status status = delivery::AddressBlock::Parse(blocks[i]).status();
    if (!status.ok()) complaints.Add(absl::StrCat(path, "[", i, "]"), status.message());
  }
}

void CompleteDelivery(ServerConfig& config, Complaints& complaints) {
  auto& delivery = *config.mutable_delivery();
  COMPLETE_NUMBER(delivery, destination_port, "delivery.destination_port", 25, 1, 65535);
  if (!delivery.has_allow_private_destinations()) delivery.set_allow_private_destinations(false);
  if (delivery.tls() == config::v1::TLS_MODE_UNSPECIFIED)
    delivery.set_tls(config::v1::TLS_MODE_OPPORTUNISTIC);
  if (delivery.trust_store_file().empty())
    delivery.set_trust_store_file("/etc/ssl/certs/ca-certificates.crt");
  if (!delivery.has_use_dane()) delivery.set_use_dane(true);
  if (!delivery.has_use_mta_sts()) delivery.set_use_mta_sts(true);
  CompleteRetry(*delivery.mutable_retry(), complaints);
  auto& concurrency = *delivery.mutable_concurrency();
  COMPLETE_NUMBER(concurrency, max_connections, "delivery.concurrency.max_connections", 500, 1,
                  100000);
  COMPLETE_NUMBER(concurrency, max_connections_per_site,
                  "delivery.concurrency.max_connections_per_site", 20, 1, 10000);
  COMPLETE_NUMBER(concurrency, max_recipients_per_transaction,
                  "delivery.concurrency.max_recipients_per_transaction", 100, 1, 1000);
  COMPLETE_NUMBER(concurrency, claim_window, "delivery.concurrency.claim_window", 10000, 1,
                  1000000);
  COMPLETE_NUMBER(concurrency, first_connections_per_site,
                  "delivery.concurrency.first_connections_per_site",
                  std::min(5, concurrency.max_connections_per_site()), 1, 10000);
  COMPLETE_NUMBER(concurrency, max_emails_per_connection,
                  "delivery.concurrency.max_emails_per_connection", 100, 1, 100000);
  COMPLETE_NUMBER(concurrency, connections_per_second,
                  "delivery.concurrency.connections_per_second", 0.0, 0.0, 1e6);
  COMPLETE_NUMBER(concurrency, messages_per_second, "delivery.concurrency.messages_per_second", 0.0,
                  0.0, 1e6);
  COMPLETE_NUMBER(concurrency, connections_per_second_per_site,
                  "delivery.concurrency.connections_per_second_per_site", 0.0, 0.0, 1e6);
  COMPLETE_NUMBER(concurrency, messages_per_second_per_site,
                  "delivery.concurrency.messages_per_second_per_site", 0.0, 0.0, 1e6);
  CompleteTimeouts(*delivery.mutable_timeouts(), complaints);
  CompleteNames(delivery, complaints);
  CompleteRelays(delivery, complaints);
  CompleteSites(delivery, complaints);
  CompleteSources(delivery, complaints);
  CompleteDomainLimits(delivery, complaints);
  CheckBlocks("delivery.allowed_destinations", delivery.allowed_destinations(), complaints);
  CheckBlocks("delivery.own_addresses", delivery.own_addresses(), complaints);
}

void CheckDkim(const ServerConfig& config, Complaints& complaints) {
  for (int i = 0; i < config.dkim().keys_size(); ++i) {
    const auto& key = config.dkim().keys(i);
    const std::string path = absl::StrCat("dkim.keys[", i, "]");
    if (key.domain().empty()) complaints.Add(absl::StrCat(path, ".domain"), "is required");
    if (key.selector().empty()) complaints.Add(absl::StrCat(path, ".selector"), "is required");
    if (key.private_key_file().empty()) {
      complaints.Add(absl::StrCat(path, ".private_key_file"), "is required");
    }
  }
}

void CompleteLog(ServerConfig& config, Complaints& complaints) {
  auto& log = *config.mutable_log();
  if (log.level().empty()) log.set_level("info");
  if (!log.has_events()) log.set_events(true);
  if (log.level() != "debug" && log.level() != "info" && log.level() != "warning" &&
      log.level() != "error") {
    complaints.Add("log.level", "expected debug, info, warning or error");
  }
}

void CheckMetrics(const ServerConfig& config, Complaints& complaints) {
  const std::string& address = config.metrics().listen_address();
  if (address.empty()) return;
  const size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  uint32_t port = 0;
  asio::error_code error;
  asio::ip::make_address_v4(host, error);
  if (absl::StrContains(host, ':')) {
    // Debian builds the library behind the endpoint without it.
    complaints.Add("metrics.listen_address", "is an IPv6 address; expected an IPv4 one and a port");
  } else if (error || colon == std::string::npos ||
             !absl::SimpleAtoi(address.substr(colon + 1), &port) || port > 65535) {
    complaints.Add("metrics.listen_address", "expected an IPv4 address and a port");
  }
}

}  // namespace

bool IsOpen(const ServerConfig& config) {
  return !IsLoopback(config.listen_address()) && !config.tls().require_client_certificate() &&
         !config.has_access();
}

bool IsInClear(const ServerConfig& config) {
  return !IsLoopback(config.listen_address()) && !config.has_tls();
}

absl::StatusOr<ServerConfig> ParseConfig(absl::string_view yaml, const ConfigContext& context) {
  ServerConfig config;
  RETURN_IF_ERROR(ParseYaml(yaml, config));
  Complaints complaints;
  CompleteTls(config, complaints);
  CompleteListening(context, config, complaints);
  CompleteStore(config, complaints);
  CompleteLimits(config, complaints);
  CompleteDns(config, complaints);
  CompleteDelivery(config, complaints);
  auto& watch = *config.mutable_watch();
  COMPLETE_DURATION(watch, heartbeat_interval, "watch.heartbeat_interval", absl::Seconds(15),
                    absl::Milliseconds(10), absl::Hours(1));
  auto& shutdown = *config.mutable_shutdown();
  COMPLETE_DURATION(shutdown, drain_deadline, "shutdown.drain_deadline", absl::Seconds(30),
                    absl::ZeroDuration(), absl::Hours(1));
  CompleteLog(config, complaints);
  CheckDkim(config, complaints);
  CheckMetrics(config, complaints);
  RETURN_IF_ERROR(complaints.ToStatus());
  return config;
}

}  // namespace mailstrom::server
