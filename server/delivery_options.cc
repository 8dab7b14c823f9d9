#include "server/delivery_options.h"

#include <string>
#include <vector>

#include "base/duration_text.h"
#include "base/status_macros.h"
#include "delivery/destination_filter.h"
#include "server/own_addresses.h"
#include "server/relay_rules.h"
#include "server/site_rules.h"
#include "server/source_config.h"

namespace mailstrom::server {
namespace {

delivery::RetryPolicy ToRetryPolicy(const config::v1::RetryConfig& config) {
  delivery::RetryPolicy policy;
  policy.max_retries = config.max_retries();
  policy.initial_delay = FromProto(config.initial_delay());
  policy.multiplier = config.multiplier();
  policy.max_delay = FromProto(config.max_delay());
  policy.jitter = config.jitter();
  policy.lifetime = FromProto(config.lifetime());
  return policy;
}

delivery::smtp::Timeouts ToTimeouts(const config::v1::TimeoutsConfig& config) {
  delivery::smtp::Timeouts timeouts;
  timeouts.connect = FromProto(config.connect());
  timeouts.greeting = FromProto(config.greeting());
  timeouts.hello = FromProto(config.hello());
  timeouts.tls = FromProto(config.tls());
  timeouts.mail = FromProto(config.mail());
  timeouts.rcpt = FromProto(config.rcpt());
  timeouts.data_command = FromProto(config.data_command());
  timeouts.data_block = FromProto(config.data_block());
  timeouts.data_end = FromProto(config.data_end());
  timeouts.quit = FromProto(config.quit());
  return timeouts;
}

absl::StatusOr<std::vector<delivery::AddressBlock>> ToBlocks(
    const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<delivery::AddressBlock> blocks;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const delivery::AddressBlock block, delivery::AddressBlock::Parse(text));
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace

absl::StatusOr<delivery::EngineOptions> MakeEngineOptions(const config::v1::ServerConfig& config) {
  const config::v1::DeliveryConfig& delivery = config.delivery();
  delivery::EngineOptions options;
  if (config.store().has_rocksdb()) {
    options.mta_sts_directory = config.store().rocksdb().path() + "/mta-sts";
  }
  options.hello_name = config.host_name();
  options.destination_port = static_cast<uint16_t>(delivery.destination_port());
  options.tls = ToTlsMode(delivery.tls());
  options.timeouts = ToTimeouts(delivery.timeouts());
  options.retry = ToRetryPolicy(delivery.retry());
  options.limits.connections = delivery.concurrency().max_connections();
  options.limits.connections_per_site = delivery.concurrency().max_connections_per_site();
  options.limits.recipients_per_transaction =
      delivery.concurrency().max_recipients_per_transaction();
  options.limits.claim_window = delivery.concurrency().claim_window();
  options.limits.first_connections_per_site = delivery.concurrency().first_connections_per_site();
  options.limits.emails_per_connection = delivery.concurrency().max_emails_per_connection();
  options.limits.connections_per_second = delivery.concurrency().connections_per_second();
  options.limits.messages_per_second = delivery.concurrency().messages_per_second();
  options.limits.connections_per_second_per_site =
      delivery.concurrency().connections_per_second_per_site();
  options.limits.messages_per_second_per_site =
      delivery.concurrency().messages_per_second_per_site();
  options.use_dane = delivery.use_dane();
  options.use_mta_sts = delivery.use_mta_sts();
  options.allow_private_destinations = delivery.allow_private_destinations();
  ASSIGN_OR_RETURN(options.allowed_destinations, ToBlocks(delivery.allowed_destinations()));
  ASSIGN_OR_RETURN(options.own_addresses, ToBlocks(delivery.own_addresses()));
  ASSIGN_OR_RETURN(const std::vector<delivery::AddressBlock> interfaces, FindOwnAddresses());
  options.own_addresses.insert(options.own_addresses.end(), interfaces.begin(), interfaces.end());
  const SourcePools pools = MakeSourcePools(delivery);
  ASSIGN_OR_RETURN(options.relay_rules, MakeRelayRules(delivery, pools));
  options.site_rules = MakeSiteRules(delivery, pools);
  options.domain_rules = MakeDomainRules(delivery);
  options.sender_rules = MakeSenderRules(delivery, pools);
  options.use_provider_rules = delivery.use_provider_rules();
  options.reply_rules = ToReplyRules(delivery.reply_rules());
  return options;
}

int64_t AnswerCacheBytes(const config::v1::DnsConfig& config) { return config.cache_bytes() / 4; }

delivery::UnboundOptions MakeDnsOptions(const config::v1::DnsConfig& config) {
  delivery::UnboundOptions options;
  options.servers.assign(config.servers().begin(), config.servers().end());
  options.timeout = FromProto(config.timeout());
  options.trust_anchor_file = config.trust_anchor_file();
  options.cache_bytes = config.cache_bytes() - AnswerCacheBytes(config);
  return options;
}

}  // namespace mailstrom::server
