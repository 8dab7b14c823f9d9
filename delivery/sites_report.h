#ifndef MAILSTROM_DELIVERY_SITES_REPORT_H_
#define MAILSTROM_DELIVERY_SITES_REPORT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "delivery/site_queues.h"
#include "delivery/site_table.h"

namespace mailstrom::delivery {

// What one site, or several together, are doing.
struct SiteLoad {
  // The MX hosts, at most kMaxSiteNameBytes of them; empty for several sites.
  std::string hosts;
  // Attempts under way, and how many may be.
  int running = 0;
  int limit = 0;
  // Recipients that wait for an attempt.
  int waiting = 0;
  // How many of the sites are suspended: 0 or 1, unless it is several.
  int suspended = 0;
};

inline constexpr size_t kMaxSiteNameBytes = 100;

// How all sites are doing that are known.
struct SitesReport {
  // Of those that have something to do, or are suspended: those with the most, one for each name.
  std::vector<SiteLoad> busiest;
  // The rest of them.
  SiteLoad others;
  int known = 0;
  int suspended = 0;
  // Sites with recipients that wait and no attempt more that may begin.
  int at_limit = 0;
};

// Looks at all of `sites`; names at most `max_named` of them.
SitesReport ReportSites(const SiteTable& sites, const SiteQueues& queues, absl::Time now,
                        size_t max_named);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITES_REPORT_H_
