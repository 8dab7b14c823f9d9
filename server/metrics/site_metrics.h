#ifndef MAILSTROM_SERVER_METRICS_SITE_METRICS_H_
#define MAILSTROM_SERVER_METRICS_SITE_METRICS_H_

#include <cstddef>

#include "delivery/sites_report.h"
#include "server/metrics/families.h"

namespace mailstrom::server {

// So many sites have series of their own at a time. The names are the peers' choice, so there are
// as many as anybody likes; the rest is one site `other`.
inline constexpr size_t kNamedSites = 20;

// Adds what sites are doing.
void AddSiteMetrics(const delivery::SitesReport& report, MetricFamilies& families);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_SITE_METRICS_H_
