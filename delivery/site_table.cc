#include "delivery/site_table.h"

#include <algorithm>

namespace mailstrom::delivery {

void SiteEntry::SetPolicy(const std::shared_ptr<const SitePolicy>& new_policy) {
  if (policy == new_policy) return;
  policy = new_policy;
  health.SetConnections(policy->connections, policy->first_connections);
  connections.SetRate(policy->connections_per_second);
  messages.SetRate(policy->messages_per_second);
  begun.SetRate(policy->messages_per_second);
}

SiteTable::SiteTable(const SiteHealthOptions& options, size_t max_sites)
    : options_(options), max_sites_(std::max<size_t>(max_sites, 1)) {}

SiteEntry* SiteTable::Find(const std::string& site_key) {
  const auto found = by_key_.find(site_key);
  return found == by_key_.end() ? nullptr : &found->second->second;
}

SiteEntry& SiteTable::Get(const std::string& site_key) {
  const auto found = by_key_.find(site_key);
  if (found != by_key_.end()) {
    sites_.splice(sites_.begin(), sites_, found->second);
    return sites_.front().second;
  }
  if (sites_.size() >= max_sites_) {
    by_key_.erase(sites_.back().first);
    sites_.pop_back();
  }
  sites_.emplace_front(site_key, SiteEntry(options_));
  by_key_[site_key] = sites_.begin();
  return sites_.front().second;
}

}  // namespace mailstrom::delivery
