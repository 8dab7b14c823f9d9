#ifndef MAILSTROM_SERVER_METRICS_STORE_METRICS_H_
#define MAILSTROM_SERVER_METRICS_STORE_METRICS_H_

#include "server/metrics/families.h"
#include "storage/store.h"

namespace mailstrom::server {

// Adds how long the queue is, how long it may become, and whether the store works.
void AddStoreMetrics(const storage::Store& store, const storage::StoreLimits& limits,
                     MetricFamilies& families);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_STORE_METRICS_H_
