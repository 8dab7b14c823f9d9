#include "server/explain.h"

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asio/awaitable.hpp"
#include "asio/io_context.hpp"
#include "base/clock.h"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "delivery/asio_alarms.h"
#include "delivery/asio_transport.h"
#include "delivery/destination_filter.h"
#include "delivery/dns/dane_resolver.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/dns/unbound_dns_client.h"
#include "delivery/options.h"
#include "delivery/route_explanation.h"
#include "delivery/spawn.h"
#include "delivery/sts/sts_cache.h"
#include "delivery/sts/sts_fetcher.h"
#include "delivery/sts/sts_resolver.h"
#include "message/address.h"
#include "server/delivery_options.h"
#include "server/source_config.h"

namespace mailstrom::server {
namespace {

// In lower-case A-labels.
absl::StatusOr<std::string> DomainOf(absl::string_view domain_or_address) {
  const std::string address = absl::StrContains(domain_or_address, '@')
                                  ? std::string(domain_or_address)
                                  : absl::StrCat("x@", domain_or_address);
  ASSIGN_OR_RETURN(const message::AddrSpec parsed, message::ParseAddrSpec(address));
  return parsed.domain;
}

// The text outlives the coroutine; `io` runs until it is there.
asio::awaitable<void> WriteText(asio::io_context& io, delivery::ExplanationParts parts,
                                std::string sender, std::string domain, std::string& text) {
  const delivery::RouteExplanation explanation =
      co_await delivery::ExplainRoute(parts, std::move(sender), std::move(domain));
  text = delivery::ToText(explanation);
  io.stop();
}

}  // namespace

absl::StatusOr<std::string> Explain(const config::v1::ServerConfig& config,
                                    absl::string_view recipient, absl::string_view sender) {
  ASSIGN_OR_RETURN(std::string domain, DomainOf(recipient));
  std::string sender_domain;
  if (!sender.empty()) {
    ASSIGN_OR_RETURN(sender_domain, DomainOf(sender));
  }
  ASSIGN_OR_RETURN(const delivery::EngineOptions options, MakeEngineOptions(config));
  const delivery::SitePolicies policies = delivery::MakeSitePolicies(options);
  const delivery::DestinationFilter filter = delivery::MakeDestinationFilter(options);

  asio::io_context io{1};
  delivery::AsioAlarms alarms(io.get_executor());
  ASSIGN_OR_RETURN(
      const std::unique_ptr<delivery::UnboundDnsClient> dns,
      delivery::UnboundDnsClient::Create(io.get_executor(), alarms, MakeDnsOptions(config.dns())));
  SystemRandomSource random;
  delivery::MxResolver resolver(*dns, random, {absl::AsciiStrToLower(options.hello_name)});
  delivery::DaneResolver dane(*dns);
  const SystemClock clock;
  delivery::AsioConnector connector(alarms,
                                    {.trusted_roots_file = config.delivery().trust_store_file()});
  // Of its own, because a running server may be writing the other.
  delivery::StsResolver sts(
      *dns, clock, delivery::StsFetcher(*dns, random, filter, connector, alarms),
      delivery::StsCache(/*directory=*/"", /*max_entries=*/1, clock.Now()), [] {});
  const delivery::ExplanationParts parts = {resolver, options.use_dane ? &dane : nullptr,
                                            options.use_mta_sts ? &sts : nullptr, policies, filter};
  std::string text;
  delivery::Spawn(io.get_executor(), "explanation",
                  WriteText(io, parts, std::move(sender_domain), std::move(domain), text));
  io.run();
  const absl::Status sources = CheckSourceAddresses(config.delivery());
  if (!sources.ok()) absl::StrAppend(&text, "warning: ", std::string(sources.message()), "\n");
  return text;
}

}  // namespace mailstrom::server
