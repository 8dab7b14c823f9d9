#ifndef MAILSTROM_SERVER_METRICS_METRICS_PAGE_H_
#define MAILSTROM_SERVER_METRICS_METRICS_PAGE_H_

#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "prometheus/registry.h"
#include "server/metrics/families.h"
#include "server/metrics/http_endpoint.h"

namespace mailstrom::server {

// All metrics of the server, in the text format of Prometheus (version 0.0.4). Thread-safe.
class MetricsPage {
 public:
  // Adds metrics of the moment to those given.
  using Source = std::function<void(MetricFamilies&)>;

  // For metrics that are counted as things happen.
  prometheus::Registry& registry() { return registry_; }

  // Asks `source` whenever the page is made, one call at a time; it may block for a short while.
  // What it uses must outlive the last Render.
  void Add(Source source);

  HttpResponse Render();

 private:
  prometheus::Registry registry_;
  absl::Mutex mutex_;
  std::vector<Source> sources_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_METRICS_PAGE_H_
