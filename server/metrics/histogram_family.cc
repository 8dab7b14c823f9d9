#include "server/metrics/histogram_family.h"

#include <cstdint>
#include <limits>
#include <utility>

namespace mailstrom::server {

void AddHistogram(MetricFamilies& families, std::string name, std::string help,
                  const AtomicHistogram& histogram) {
  families.push_back(
      MakeFamily(std::move(name), std::move(help), prometheus::MetricType::Histogram));
  const AtomicHistogram::Reading reading = histogram.Read();
  auto& out = families.back().metric.emplace_back().histogram;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < reading.counts.size(); ++i) {
    cumulative += static_cast<uint64_t>(reading.counts[i]);
    const double bound =
        i < reading.bounds.size() ? reading.bounds[i] : std::numeric_limits<double>::infinity();
    out.bucket.push_back({cumulative, bound});
  }
  out.sample_count = cumulative;
  out.sample_sum = reading.sum;
}

}  // namespace mailstrom::server
