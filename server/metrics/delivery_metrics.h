#ifndef MAILSTROM_SERVER_METRICS_DELIVERY_METRICS_H_
#define MAILSTROM_SERVER_METRICS_DELIVERY_METRICS_H_

#include <array>

#include "base/atomic_histogram.h"
#include "delivery/delivery_observer.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/registry.h"
#include "server/metrics/metrics_page.h"

namespace mailstrom::server {

// Counts attempts and what comes of recipients, and shows it on a page.
class DeliveryMetrics final : public delivery::DeliveryObserver {
 public:
  explicit DeliveryMetrics(MetricsPage& page);

  void OnAttempt(const storage::EmailRecord& email, const storage::Recipient& after, bool in_doubt,
                 absl::Time now) override;
  void OnExpired(const storage::Recipient& after) override;

 private:
  explicit DeliveryMetrics(prometheus::Registry& registry);

  static constexpr int kClasses = static_cast<int>(storage::BounceClass::kOther) + 1;
  static constexpr int kCauses = static_cast<int>(storage::FailureCause::kSuppressed) + 1;
  using ByClass = std::array<prometheus::Counter*, kClasses>;

  static void AddClasses(prometheus::Family<prometheus::Counter>& attempts, const char* outcome,
                         ByClass& by_class);
  void CountFailure(storage::FailureCause cause);

  prometheus::Counter* attempts_delivered_ = nullptr;
  ByClass attempts_deferred_ = {};
  ByClass attempts_failed_ = {};
  prometheus::Counter& recipients_delivered_;
  std::array<prometheus::Counter*, kCauses> recipients_failed_ = {};
  prometheus::Counter& in_doubt_;
  AtomicHistogram delivery_seconds_;
  AtomicHistogram attempt_seconds_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_DELIVERY_METRICS_H_
