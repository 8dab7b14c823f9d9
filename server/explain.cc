#include "server/explain.h"

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asio/awaitable.hpp"
#include "asio/io_context.hpp"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "delivery/asio_alarms.h"
#include "delivery/destination_filter.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/dns/unbound_dns_client.h"
#include "delivery/options.h"
#include "delivery/route_explanation.h"
#include "delivery/spawn.h"
#include "message/address.h"
#include "server/delivery_options.h"

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
asio::awaitable<void> WriteText(asio::io_context& io, delivery::MxResolver& resolver,
                                const delivery::SitePolicies& policies,
                                const delivery::DestinationFilter& filter, std::string sender,
                                std::string domain, std::string& text) {
  const delivery::RouteExplanation explanation = co_await delivery::ExplainRoute(
      resolver, policies, filter, std::move(sender), std::move(domain));
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
  std::string text;
  delivery::Spawn(
      io.get_executor(), "explanation",
      WriteText(io, resolver, policies, filter, std::move(sender_domain), std::move(domain), text));
  io.run();
  return text;
}

}  // namespace mailstrom::server
