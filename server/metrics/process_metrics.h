#ifndef MAILSTROM_SERVER_METRICS_PROCESS_METRICS_H_
#define MAILSTROM_SERVER_METRICS_PROCESS_METRICS_H_

#include "server/metrics/families.h"

namespace mailstrom::server {

// Adds what the kernel knows of this process, under the names that all Prometheus clients use, and
// what it was built with. What cannot be read is left out.
void AddProcessMetrics(MetricFamilies& families);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_PROCESS_METRICS_H_
