#ifndef MAILSTROM_SERVER_METRICS_SUBMISSION_METRICS_H_
#define MAILSTROM_SERVER_METRICS_SUBMISSION_METRICS_H_

#include <array>

#include "base/atomic_histogram.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"
#include "server/metrics/metrics_page.h"
#include "server/submission_observer.h"

namespace mailstrom::server {

// Counts what comes in and what is refused, and shows it on a page. Thread-safe.
class SubmissionMetrics final : public SubmissionObserver {
 public:
  explicit SubmissionMetrics(MetricsPage& page);

  void OnAccepted(int recipients, bool replayed, absl::Duration took) override;
  void OnRefused(int recipients, v1::ErrorReason reason) override;

 private:
  explicit SubmissionMetrics(prometheus::Registry& registry);

  struct Refused {
    prometheus::Counter* emails = nullptr;
    prometheus::Counter* recipients = nullptr;
  };

  prometheus::Counter& emails_accepted_;
  prometheus::Counter& recipients_accepted_;
  prometheus::Counter& emails_replayed_;
  AtomicHistogram accept_seconds_;
  // By reason.
  std::array<Refused, v1::ErrorReason_ARRAYSIZE> refused_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_SUBMISSION_METRICS_H_
