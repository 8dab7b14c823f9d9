#include "delivery/site.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "delivery/smtp/tls_mode.h"

namespace mailstrom::delivery {
Site MakeSite(std::vector<MxHost> hosts, std::shared_ptr<const SitePolicy> policy,
              bool authenticated, bool must_verify, std::shared_ptr<const SourcePool> sources) {
  std::vector<const MxHost*> sorted;
  sorted.reserve(hosts.size());
  for (const MxHost& host : hosts) sorted.push_back(&host);
  std::sort(sorted.begin(), sorted.end(), [](const MxHost* a, const MxHost* b) {
    return a->preference != b->preference ? a->preference < b->preference : a->name < b->name;
  });
  Site site;
  const MxHost* previous = nullptr;
  for (const MxHost* host : sorted) {
    if (previous != nullptr) {
      site.key.push_back(previous->preference == host->preference ? ',' : '>');
    }
    absl::StrAppend(&site.key, host->name);
    previous = host;
  }
  absl::StrAppend(&site.key, " ", policy->name, " port ", policy->port, " ",
                  smtp::TlsModeName(policy->tls), authenticated ? " dnssec" : "",
                  must_verify ? " mta-sts" : "");
  if (policy->credentials) absl::StrAppend(&site.key, " as ", policy->credentials->username);
  if (sources != nullptr) absl::StrAppend(&site.key, " from ", sources->name);
  site.must_verify = must_verify;
  site.authenticated = authenticated;
  site.policy = std::move(policy);
  site.sources = std::move(sources);
  site.hosts = std::move(hosts);
  return site;
}

std::vector<absl::string_view> HostsOf(absl::string_view site_key) {
  return absl::StrSplit(site_key.substr(0, site_key.find(' ')), absl::ByAnyChar(",>"),
                        absl::SkipEmpty());
}

bool IsSite(absl::string_view site_key, absl::string_view name) {
  if (site_key == name) return true;
  const std::vector<absl::string_view> hosts = HostsOf(site_key);
  return std::find(hosts.begin(), hosts.end(), name) != hosts.end();
}

void ShuffleTiers(std::vector<MxHost>& hosts, RandomSource& random) {
  for (auto tier = hosts.begin(); tier != hosts.end();) {
    const auto end = std::find_if(
        tier, hosts.end(), [&](const MxHost& host) { return host.preference != tier->preference; });
    for (auto size = std::distance(tier, end); size > 1; --size) {
      const auto pick = static_cast<std::ptrdiff_t>(random.NextUnit() * static_cast<double>(size));
      std::swap(tier[size - 1], tier[pick]);
    }
    tier = end;
  }
}

}  // namespace mailstrom::delivery
