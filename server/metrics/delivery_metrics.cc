#include "server/metrics/delivery_metrics.h"

#include "delivery/bounce_class.h"
#include "server/metrics/histogram_family.h"

namespace mailstrom::server {
namespace {

using storage::BounceClass;
using storage::FailureCause;
using storage::RecipientState;

const char* CauseName(FailureCause cause) {
  switch (cause) {
    case FailureCause::kNone:
      return "none";
    case FailureCause::kRejected:
      return "rejected";
    case FailureCause::kBadDomain:
      return "bad_domain";
    case FailureCause::kExpired:
      return "expired";
    case FailureCause::kCancelled:
      return "cancelled";
    case FailureCause::kUnsupported:
      return "unsupported";
    case FailureCause::kSuppressed:
      return "suppressed";
  }
  return "none";
}

}  // namespace

DeliveryMetrics::DeliveryMetrics(MetricsPage& page) : DeliveryMetrics(page.registry()) {
  page.Add([this](MetricFamilies& families) {
    AddHistogram(families, "mailstrom_delivery_latency_seconds",
                 "Time from accepting an email to its delivery, per recipient.", delivery_seconds_);
    AddHistogram(families, "mailstrom_attempt_duration_seconds",
                 "Length of attempts, per recipient.", attempt_seconds_);
  });
}

DeliveryMetrics::DeliveryMetrics(prometheus::Registry& registry)
    : recipients_delivered_(prometheus::BuildCounter()
                                .Name("mailstrom_recipients_delivered_total")
                                .Help("Recipients that a mail host took over.")
                                .Register(registry)
                                .Add({})),
      in_doubt_(prometheus::BuildCounter()
                    .Name("mailstrom_attempts_in_doubt_total")
                    .Help("Attempts of which nobody knows whether the message came through, so "
                          "that it may come twice; per recipient.")
                    .Register(registry)
                    .Add({})),
      // From a host next door to the end of the longest usual lifetime.
      delivery_seconds_({0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600, 4 * 3600,
                         86400, 5 * 86400}),
      attempt_seconds_({0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800}) {
  auto& attempts = prometheus::BuildCounter()
                       .Name("mailstrom_attempts_total")
                       .Help(
                           "Attempts to deliver to a recipient, by outcome and by the kind of "
                           "trouble that stood in the way.")
                       .Register(registry);
  attempts_delivered_ = &attempts.Add({{"outcome", "delivered"}, {"bounce_class", "none"}});
  AddClasses(attempts, "deferred", attempts_deferred_);
  AddClasses(attempts, "failed", attempts_failed_);
  auto& failed = prometheus::BuildCounter()
                     .Name("mailstrom_recipients_failed_total")
                     .Help(
                         "Recipients that delivery gave up, by cause. Those cancelled while no "
                         "attempt was under way are not among them.")
                     .Register(registry);
  for (int cause = 0; cause < kCauses; ++cause) {
    recipients_failed_[cause] =
        &failed.Add({{"cause", CauseName(static_cast<FailureCause>(cause))}});
  }
}

void DeliveryMetrics::AddClasses(prometheus::Family<prometheus::Counter>& attempts,
                                 const char* outcome, ByClass& by_class) {
  for (int number = 0; number < kClasses; ++number) {
    by_class[number] = &attempts.Add(
        {{"outcome", outcome},
         {"bounce_class", delivery::BounceClassName(static_cast<BounceClass>(number))}});
  }
}

void DeliveryMetrics::OnAttempt(const storage::EmailRecord& email, const storage::Recipient& after,
                                bool in_doubt, absl::Time now) {
  int number = static_cast<int>(BounceClass::kNone);
  if (after.last_attempt.has_value()) {
    const storage::Attempt& attempt = *after.last_attempt;
    number = static_cast<int>(attempt.bounce_class);
    attempt_seconds_.Observe(attempt.end_time - attempt.start_time);
  }
  if (in_doubt) in_doubt_.Increment();
  switch (after.state) {
    case RecipientState::kQueued:
    case RecipientState::kDeferred:
      attempts_deferred_[number]->Increment();
      return;
    case RecipientState::kDelivered:
      attempts_delivered_->Increment();
      recipients_delivered_.Increment();
      delivery_seconds_.Observe(now - email.accept_time);
      return;
    case RecipientState::kFailed:
      attempts_failed_[number]->Increment();
      CountFailure(after.failure_cause);
      return;
  }
}

void DeliveryMetrics::OnExpired(const storage::Recipient& after) {
  CountFailure(after.failure_cause);
}

void DeliveryMetrics::CountFailure(FailureCause cause) {
  recipients_failed_[static_cast<int>(cause)]->Increment();
}

}  // namespace mailstrom::server
