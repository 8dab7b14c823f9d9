#ifndef MAILSTROM_SERVER_METRICS_HISTOGRAM_FAMILY_H_
#define MAILSTROM_SERVER_METRICS_HISTOGRAM_FAMILY_H_

#include <string>

#include "base/atomic_histogram.h"
#include "server/metrics/families.h"

namespace mailstrom::server {

// Adds what `histogram` has counted. The library's own histogram takes a lock for each value.
void AddHistogram(MetricFamilies& families, std::string name, std::string help,
                  const AtomicHistogram& histogram);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_HISTOGRAM_FAMILY_H_
