#ifndef MAILSTROM_SERVER_METRICS_SUBMISSION_METRICS_H_
#define MAILSTROM_SERVER_METRICS_SUBMISSION_METRICS_H_

#include <array>

#include "prometheus/counter.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "server/submission_observer.h"

namespace mailstrom::server {

// Counts what comes in and what is refused. `registry` must outlive it. Thread-safe.
class SubmissionMetrics final : public SubmissionObserver {
 public:
  explicit SubmissionMetrics(prometheus::Registry& registry);

  void OnAccepted(int recipients, bool replayed, absl::Duration took) override;
  void OnRefused(int recipients, v1::ErrorReason reason) override;

 private:
  struct Refused {
    prometheus::Counter* emails = nullptr;
    prometheus::Counter* recipients = nullptr;
  };

  prometheus::Counter& emails_accepted_;
  prometheus::Counter& recipients_accepted_;
  prometheus::Counter& emails_replayed_;
  prometheus::Histogram& accept_seconds_;
  // By reason.
  std::array<Refused, v1::ErrorReason_ARRAYSIZE> refused_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_SUBMISSION_METRICS_H_
