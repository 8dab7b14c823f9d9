#include "delivery/sites_report.h"

#include <algorithm>
#include <map>
#include <utility>

namespace mailstrom::delivery {
namespace {

// Of a site's key the hosts, which come first: how they are spoken with names nothing to people,
// and may name a user.
std::string HostsOf(const std::string& site_key) {
  return site_key.substr(0, std::min(site_key.find(' '), kMaxSiteNameBytes));
}

void AddTo(SiteLoad& sum, const SiteLoad& site) {
  sum.running += site.running;
  sum.limit += site.limit;
  sum.waiting += site.waiting;
  sum.suspended += site.suspended;
}

bool HasMoreToDo(const SiteLoad& a, const SiteLoad& b) {
  const int work_a = a.running + a.waiting;
  const int work_b = b.running + b.waiting;
  if (work_a != work_b) return work_a > work_b;
  if (a.suspended != b.suspended) return a.suspended > b.suspended;
  return a.hosts < b.hosts;
}

}  // namespace

SitesReport ReportSites(const SiteTable& sites, const SiteQueues& queues, absl::Time now,
                        size_t max_named) {
  SitesReport report;
  std::map<std::string, SiteLoad> by_hosts;
  sites.ForEach([&](const std::string& key, const SiteEntry& entry) {
    SiteLoad site;
    site.running = queues.running(key);
    site.waiting = queues.waiting(key);
    site.limit = entry.health.Limit(now);
    site.suspended = entry.health.AdviceAt(now) == SiteHealth::Advice::kGo ? 0 : 1;
    ++report.known;
    // The most by far; the strand has other work, too.
    if (site.running == 0 && site.waiting == 0 && site.suspended == 0) return;
    report.suspended += site.suspended;
    if (site.waiting > 0 && site.running >= site.limit) ++report.at_limit;
    AddTo(by_hosts[HostsOf(key)], site);
  });
  for (auto& [hosts, site] : by_hosts) {
    site.hosts = hosts;
    report.busiest.push_back(std::move(site));
  }
  std::sort(report.busiest.begin(), report.busiest.end(), HasMoreToDo);
  for (; report.busiest.size() > max_named; report.busiest.pop_back()) {
    AddTo(report.others, report.busiest.back());
  }
  return report;
}

}  // namespace mailstrom::delivery
