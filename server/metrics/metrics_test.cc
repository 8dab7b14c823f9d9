#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/delivery_metrics.h"
#include "server/metrics/metrics_page.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/store_metrics.h"
#include "server/metrics/submission_metrics.h"
#include "storage/memory_store.h"

namespace mailstrom::server {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

storage::Recipient After(storage::RecipientState state, storage::BounceClass bounce_class) {
  storage::Recipient after;
  after.state = state;
  after.last_attempt.emplace();
  after.last_attempt->start_time = kStart;
  after.last_attempt->end_time = kStart + absl::Seconds(2);
  after.last_attempt->bounce_class = bounce_class;
  return after;
}

TEST(SubmissionMetricsTest, CountsEmailsAndRecipientsByReason) {
  MetricsPage page;
  SubmissionMetrics metrics(page.registry());
  metrics.OnAccepted(3, false, absl::Milliseconds(7));
  metrics.OnAccepted(3, true, absl::Milliseconds(1));
  metrics.OnRefused(5, v1::ERROR_REASON_QUEUE_FULL);
  EXPECT_THAT(page.Render().body,
              AllOf(HasSubstr("\nmailstrom_emails_accepted_total 1\n"),
                    HasSubstr("\nmailstrom_recipients_accepted_total 3\n"),
                    HasSubstr("\nmailstrom_emails_replayed_total 1\n"),
                    HasSubstr("\nmailstrom_emails_refused_total{reason=\"queue_full\"} 1\n"),
                    HasSubstr("\nmailstrom_recipients_refused_total{reason=\"queue_full\"} 5\n"),
                    // Present before the first, so that an increase is seen.
                    HasSubstr("\nmailstrom_emails_refused_total{reason=\"field_invalid\"} 0\n"),
                    HasSubstr("\nmailstrom_accept_duration_seconds_bucket{le=\"0.005\"} 0\n"),
                    HasSubstr("\nmailstrom_accept_duration_seconds_bucket{le=\"0.01\"} 1\n")));
}

TEST(SubmissionMetricsTest, SurvivesReasonsOfLaterVersionsAndClocksSetBack) {
  MetricsPage page;
  SubmissionMetrics metrics(page.registry());
  metrics.OnRefused(1, static_cast<v1::ErrorReason>(1000));
  metrics.OnAccepted(1, false, -absl::Seconds(5));
  EXPECT_THAT(page.Render().body,
              AllOf(HasSubstr("\nmailstrom_emails_refused_total{reason=\"unspecified\"} 1\n"),
                    HasSubstr("\nmailstrom_accept_duration_seconds_sum 0\n")));
}

TEST(DeliveryMetricsTest, CountsAttemptsByOutcomeAndClass) {
  MetricsPage page;
  DeliveryMetrics metrics(page.registry());
  storage::EmailRecord email;
  email.accept_time = kStart - absl::Seconds(18);
  const absl::Time now = kStart + absl::Seconds(2);
  storage::Recipient doubtful =
      After(storage::RecipientState::kDeferred, storage::BounceClass::kConnection);
  doubtful.in_doubt = true;
  storage::Recipient failed =
      After(storage::RecipientState::kFailed, storage::BounceClass::kBadMailbox);
  failed.failure_cause = storage::FailureCause::kRejected;
  storage::Recipient expired = failed;
  expired.failure_cause = storage::FailureCause::kExpired;
  metrics.OnAttempt(email, doubtful, now);
  metrics.OnAttempt(
      email, After(storage::RecipientState::kDeferred, storage::BounceClass::kGreylisting), now);
  metrics.OnAttempt(email, After(storage::RecipientState::kDelivered, storage::BounceClass::kNone),
                    now);
  metrics.OnAttempt(email, failed, now);
  metrics.OnExpired(expired);
  EXPECT_THAT(
      page.Render().body,
      AllOf(
          HasSubstr("mailstrom_attempts_total{bounce_class=\"connection\",outcome=\"deferred\"} 1"),
          HasSubstr(
              "mailstrom_attempts_total{bounce_class=\"greylisting\",outcome=\"deferred\"} 1"),
          HasSubstr("mailstrom_attempts_total{bounce_class=\"none\",outcome=\"delivered\"} 1"),
          HasSubstr("mailstrom_attempts_total{bounce_class=\"bad_mailbox\",outcome=\"failed\"} 1"),
          HasSubstr("\nmailstrom_attempts_in_doubt_total 1\n"),
          HasSubstr("\nmailstrom_recipients_delivered_total 1\n"),
          HasSubstr("\nmailstrom_recipients_failed_total{cause=\"rejected\"} 1\n"),
          HasSubstr("\nmailstrom_recipients_failed_total{cause=\"expired\"} 1\n"),
          HasSubstr("\nmailstrom_delivery_latency_seconds_sum 20\n"),
          HasSubstr("\nmailstrom_delivery_latency_seconds_count 1\n"),
          HasSubstr("\nmailstrom_attempt_duration_seconds_sum 8\n")));
}

TEST(StoreMetricsTest, ShowTheQueueAndItsLimits) {
  const auto store = storage::NewMemoryStore();
  MetricFamilies families;
  MetricsPage page;
  page.Add([&store](MetricFamilies& out) {
    AddStoreMetrics(*store, {.max_queued_emails = 10, .max_queued_bytes = 1000}, out);
  });
  EXPECT_THAT(page.Render().body, AllOf(HasSubstr("\nmailstrom_queue_emails 0\n"),
                                        HasSubstr("\nmailstrom_queue_limit_emails 10\n"),
                                        HasSubstr("\nmailstrom_queue_limit_bytes 1000\n"),
                                        HasSubstr("\nmailstrom_store_healthy 1\n")));
}

TEST(ProcessMetricsTest, ShowThisProcess) {
  MetricsPage page;
  page.Add(AddProcessMetrics);
  EXPECT_THAT(
      page.Render().body,
      AllOf(ContainsRegex("\nprocess_resident_memory_bytes [1-9][0-9]{5,}\n"),
            ContainsRegex("\nprocess_open_fds [1-9]"), ContainsRegex("\nprocess_max_fds [1-9]"),
            ContainsRegex("\nprocess_threads [1-9]"),
            // Some time in this century.
            ContainsRegex("\nprocess_start_time_seconds [1-9][0-9]{9}"),
            HasSubstr("# TYPE process_cpu_seconds_total counter\n"),
            ContainsRegex("mailstrom_build_info\\{compiler=\"[^\"]*[cC]lang"),
            Not(HasSubstr("nan"))));
}

}  // namespace
}  // namespace mailstrom::server
