#include "server/metrics/submission_metrics.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "server/metrics/histogram_family.h"

namespace mailstrom::server {
namespace {

prometheus::Counter& AddCounter(prometheus::Registry& registry, const char* name,
                                const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

// Such as `queue_full`.
std::string ReasonLabel(int reason) {
  return absl::AsciiStrToLower(absl::StripPrefix(
      v1::ErrorReason_Name(static_cast<v1::ErrorReason>(reason)), "ERROR_REASON_"));
}

}  // namespace

SubmissionMetrics::SubmissionMetrics(MetricsPage& page) : SubmissionMetrics(page.registry()) {
  page.Add([this](MetricFamilies& families) {
    AddHistogram(families, "mailstrom_accept_duration_seconds",
                 "Time from a submission's arrival until it was durable.", accept_seconds_);
  });
}

SubmissionMetrics::SubmissionMetrics(prometheus::Registry& registry)
    : emails_accepted_(AddCounter(registry, "mailstrom_emails_accepted_total",
                                  "Emails that were made durable and acknowledged.")),
      recipients_accepted_(AddCounter(registry, "mailstrom_recipients_accepted_total",
                                      "Recipients of accepted emails.")),
      emails_replayed_(AddCounter(registry, "mailstrom_emails_replayed_total",
                                  "Submissions that repeated an accepted one by request_id.")),
      // From a sync of a fast disk to where callers give up.
      accept_seconds_({0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}) {
  auto& emails = prometheus::BuildCounter()
                     .Name("mailstrom_emails_refused_total")
                     .Help("Submissions that were refused, by reason.")
                     .Register(registry);
  auto& recipients = prometheus::BuildCounter()
                         .Name("mailstrom_recipients_refused_total")
                         .Help("Recipients named by refused submissions, by reason.")
                         .Register(registry);
  for (int reason = 0; reason < v1::ErrorReason_ARRAYSIZE; ++reason) {
    if (!v1::ErrorReason_IsValid(reason)) continue;
    refused_[reason].emails = &emails.Add({{"reason", ReasonLabel(reason)}});
    refused_[reason].recipients = &recipients.Add({{"reason", ReasonLabel(reason)}});
  }
}

void SubmissionMetrics::OnAccepted(int recipients, bool replayed, absl::Duration took) {
  if (replayed) return emails_replayed_.Increment();
  emails_accepted_.Increment();
  recipients_accepted_.Increment(recipients);
  accept_seconds_.Observe(took);
}

void SubmissionMetrics::OnRefused(int recipients, v1::ErrorReason reason) {
  const Refused& refused = refused_[v1::ErrorReason_IsValid(reason) ? reason : 0];
  refused.emails->Increment();
  refused.recipients->Increment(recipients);
}

}  // namespace mailstrom::server
