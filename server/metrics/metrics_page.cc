#include "server/metrics/metrics_page.h"

#include <utility>

#include "prometheus/text_serializer.h"

namespace mailstrom::server {

void MetricsPage::Add(Source source) {
  absl::MutexLock lock(&mutex_);
  sources_.push_back(std::move(source));
}

HttpResponse MetricsPage::Render() {
  MetricFamilies families = registry_.Collect();
  {
    absl::MutexLock lock(&mutex_);
    for (const Source& source : sources_) source(families);
  }
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = prometheus::TextSerializer().Serialize(families)};
}

}  // namespace mailstrom::server
