#ifndef MAILSTROM_SERVER_METRICS_STORE_METRICS_H_
#define MAILSTROM_SERVER_METRICS_STORE_METRICS_H_

#include "absl/time/time.h"
#include "server/metrics/families.h"
#include "storage/rocksdb_store.h"
#include "storage/store.h"

namespace mailstrom::server {

// Adds how long the queue is, how long it may become, and whether the store works.
void AddStoreMetrics(const storage::Store& store, const storage::StoreLimits& limits,
                     MetricFamilies& families);

// Adds how old the queue is, how long the disk takes, and what the store has in memory. Reads the
// disk. What cannot be read is left out.
void AddEmbeddedStoreMetrics(storage::EmbeddedStore& store, absl::Time now,
                             MetricFamilies& families);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_STORE_METRICS_H_
