#ifndef MAILSTROM_SERVER_METRICS_FAMILIES_H_
#define MAILSTROM_SERVER_METRICS_FAMILIES_H_

// Metrics that are looked up when somebody asks, rather than counted as things happen.

#include <string>
#include <utility>
#include <vector>

#include "prometheus/metric_family.h"

namespace mailstrom::server {

using MetricFamilies = std::vector<prometheus::MetricFamily>;
using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

// A family without samples; `help` is a sentence for people.
inline prometheus::MetricFamily MakeFamily(std::string name, std::string help,
                                           prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

// Adds a sample to a family of counters or gauges.
inline void AddSample(prometheus::MetricFamily& family, double value, MetricLabels labels = {}) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
}

inline void AddGauge(MetricFamilies& families, std::string name, std::string help, double value) {
  families.push_back(MakeFamily(std::move(name), std::move(help), prometheus::MetricType::Gauge));
  AddSample(families.back(), value);
}

inline void AddCounter(MetricFamilies& families, std::string name, std::string help, double value) {
  families.push_back(MakeFamily(std::move(name), std::move(help), prometheus::MetricType::Counter));
  AddSample(families.back(), value);
}

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_FAMILIES_H_
