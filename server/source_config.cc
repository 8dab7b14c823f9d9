#include "server/source_config.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "asio/io_context.hpp"
#include "asio/ip/address.hpp"
#include "asio/ip/tcp.hpp"

namespace mailstrom::server {
namespace {

using asio::ip::tcp;

void CompleteAddress(const std::string& path, config::v1::SourceAddressConfig& source,
                     absl::flat_hash_set<std::string>& seen, Complaints& complaints) {
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(source.address(), error);
  if (error || address.is_unspecified() || address.is_multicast()) {
    complaints.Add(path + ".address",
                   absl::StrCat("\"", source.address(), "\" is no address of a host"));
    return;
  }
  source.set_address(address.to_string());
  if (!seen.insert(source.address()).second) {
    complaints.Add(path + ".address", absl::StrCat(source.address(), " is in the pool already"));
  }
  if (!source.has_weight()) source.set_weight(1);
  complaints.CheckRange(path + ".weight", source.weight(), 0.001, 1e6);
  if (!source.host_name().empty() && !IsFullyQualified(source.host_name())) {
    complaints.Add(path + ".host_name",
                   absl::StrCat("\"", source.host_name(), "\" is not a fully qualified host name"));
  }
}

std::string PathOf(int pool, int address) {
  return absl::StrCat("delivery.source_pools[", pool, "].addresses[", address, "]");
}

}  // namespace

void CompleteSources(config::v1::DeliveryConfig& config, Complaints& complaints) {
  absl::flat_hash_set<std::string> names;
  for (int i = 0; i < config.source_pools_size(); ++i) {
    config::v1::SourcePoolConfig& pool = *config.mutable_source_pools(i);
    const std::string path = absl::StrCat("delivery.source_pools[", i, "]");
    if (pool.name().empty()) {
      complaints.Add(path + ".name", "is required");
    } else if (!names.insert(pool.name()).second) {
      complaints.Add(path + ".name", absl::StrCat("\"", pool.name(), "\" names another pool"));
    }
    if (pool.addresses().empty()) complaints.Add(path + ".addresses", "are required");
    absl::flat_hash_set<std::string> seen;
    for (int n = 0; n < pool.addresses_size(); ++n) {
      CompleteAddress(PathOf(i, n), *pool.mutable_addresses(n), seen, complaints);
    }
  }
  const auto check = [&](const std::string& path, const std::string& name) {
    if (name.empty() || names.contains(name)) return;
    complaints.Add(path + "source_pool", absl::StrCat("\"", name, "\" names no pool"));
  };
  check("delivery.", config.source_pool());
  for (int i = 0; i < config.sites_size(); ++i) {
    check(absl::StrCat("delivery.sites[", i, "]."), config.sites(i).source_pool());
  }
  for (int i = 0; i < config.relays_size(); ++i) {
    check(absl::StrCat("delivery.relays[", i, "]."), config.relays(i).source_pool());
  }
  for (int i = 0; i < config.senders_size(); ++i) {
    const std::string path = absl::StrCat("delivery.senders[", i, "].");
    check(path, config.senders(i).source_pool());
    if (config.senders(i).sender_domains().empty()) {
      complaints.Add(path + "sender_domains", "are required");
    }
    for (const std::string& pattern : config.senders(i).sender_domains()) {
      if (pattern != "<>") CheckDomainPattern(path + "sender_domains", pattern, complaints);
    }
  }
}

SourcePools MakeSourcePools(const config::v1::DeliveryConfig& config) {
  SourcePools pools;
  for (const config::v1::SourcePoolConfig& from : config.source_pools()) {
    auto pool = std::make_shared<delivery::SourcePool>();
    pool->name = from.name();
    for (const config::v1::SourceAddressConfig& source : from.addresses()) {
      pool->addresses.push_back({source.address(), source.weight(), source.host_name()});
    }
    pools[from.name()] = std::move(pool);
  }
  return pools;
}

std::shared_ptr<const delivery::SourcePool> FindSourcePool(const SourcePools& pools,
                                                           const std::string& name) {
  const auto found = pools.find(name);
  return found == pools.end() ? nullptr : found->second;
}

std::vector<delivery::SenderRule> MakeSenderRules(const config::v1::DeliveryConfig& config,
                                                  const SourcePools& pools) {
  std::vector<delivery::SenderRule> rules;
  for (const config::v1::SenderConfig& sender : config.senders()) {
    rules.push_back({{sender.sender_domains().begin(), sender.sender_domains().end()},
                     FindSourcePool(pools, sender.source_pool())});
  }
  // Last, so that it takes what no other does.
  if (!config.source_pool().empty()) {
    rules.push_back({{}, FindSourcePool(pools, config.source_pool())});
  }
  return rules;
}

absl::Status CheckSourceAddresses(const config::v1::DeliveryConfig& config) {
  asio::io_context io;
  for (int i = 0; i < config.source_pools_size(); ++i) {
    for (int n = 0; n < config.source_pools(i).addresses_size(); ++n) {
      const std::string& text = config.source_pools(i).addresses(n).address();
      const tcp::endpoint endpoint(asio::ip::make_address(text), 0);
      tcp::socket socket(io);
      asio::error_code error;
      socket.open(endpoint.protocol(), error);
      // Says more surely than any list of addresses whether sending from there is allowed.
      if (!error) socket.bind(endpoint, error);
      if (!error) continue;
      return absl::FailedPreconditionError(
          absl::StrCat(PathOf(i, n), ".address: ", text,
                       " cannot be sent from on this host: ", error.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace mailstrom::server
