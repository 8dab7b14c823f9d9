#include "delivery/known_sites.h"

#include <algorithm>

#include "delivery/site.h"

namespace mailstrom::delivery {

KnownSites::KnownSites(size_t max_domains) : max_domains_(std::max<size_t>(max_domains, 1)) {}

void KnownSites::Note(const std::string& domain, const std::string& site_key) {
  const auto found = by_domain_.find(domain);
  if (found != by_domain_.end()) {
    domains_.splice(domains_.begin(), domains_, found->second);
    if (domains_.front().second != site_key) domains_.front().second = site_key;
    return;
  }
  if (domains_.size() >= max_domains_) {
    by_domain_.erase(domains_.back().first);
    domains_.pop_back();
  }
  domains_.emplace_front(domain, site_key);
  by_domain_[domain] = domains_.begin();
}

std::string KnownSites::SiteOf(absl::string_view domain) const {
  const auto found = by_domain_.find(domain);
  return found == by_domain_.end() ? "" : found->second->second;
}

std::vector<std::string> KnownSites::DomainsOf(absl::string_view site) const {
  std::vector<std::string> domains;
  for (const auto& [domain, site_key] : domains_) {
    if (IsSite(site_key, site)) domains.push_back(domain);
  }
  return domains;
}

}  // namespace mailstrom::delivery
