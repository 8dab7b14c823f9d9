#ifndef MAILSTROM_SERVER_METRICS_ORDER_METRICS_H_
#define MAILSTROM_SERVER_METRICS_ORDER_METRICS_H_

#include <vector>

#include "absl/time/time.h"
#include "server/metrics/families.h"
#include "storage/standing_order.h"

namespace mailstrom::server {

// Adds how many of `suspensions` are in force at `now`, and since when, by the kind of their scope:
// as many series whatever operators order.
void AddSuspensionMetrics(const std::vector<storage::StandingOrder>& suspensions, absl::Time now,
                          MetricFamilies& families);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_ORDER_METRICS_H_
