#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/delivery_metrics.h"
#include "server/metrics/dns_metrics.h"
#include "server/metrics/metrics_page.h"
#include "server/metrics/order_metrics.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/site_metrics.h"
#include "server/metrics/store_metrics.h"
#include "server/metrics/submission_metrics.h"
#include "server/metrics/tls_metrics.h"
#include "storage/blocking_store.h"
#include "storage/memory_store.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

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
  SubmissionMetrics metrics(page);
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
  SubmissionMetrics metrics(page);
  metrics.OnRefused(1, static_cast<v1::ErrorReason>(1000));
  metrics.OnAccepted(1, false, -absl::Seconds(5));
  EXPECT_THAT(page.Render().body,
              AllOf(HasSubstr("\nmailstrom_emails_refused_total{reason=\"unspecified\"} 1\n"),
                    HasSubstr("\nmailstrom_accept_duration_seconds_sum 0\n")));
}

TEST(DeliveryMetricsTest, CountsAttemptsByOutcomeAndClass) {
  MetricsPage page;
  DeliveryMetrics metrics(page);
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
  metrics.OnAttempt(email, doubtful, /*in_doubt=*/true, now);
  // A later attempt of the same recipient, of which all is known.
  metrics.OnAttempt(email, doubtful, false, now);
  metrics.OnAttempt(email,
                    After(storage::RecipientState::kDeferred, storage::BounceClass::kGreylisting),
                    false, now);
  metrics.OnAttempt(email, After(storage::RecipientState::kDelivered, storage::BounceClass::kNone),
                    false, now);
  metrics.OnAttempt(email, failed, false, now);
  metrics.OnExpired(expired);
  EXPECT_THAT(
      page.Render().body,
      AllOf(
          HasSubstr("mailstrom_attempts_total{bounce_class=\"connection\",outcome=\"deferred\"} 2"),
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
          HasSubstr("\nmailstrom_attempt_duration_seconds_sum 10\n")));
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

TEST(StoreMetricsTest, ShowTheAgeOfTheQueueAndTheTimesOfTheDisk) {
  const auto store =
      storage::OpenRocksDbStore({.path = absl::StrCat(testing::TempDir(), "/metrics")}).value();
  MetricsPage page;
  absl::Time now = kStart;
  page.Add([&](MetricFamilies& out) { AddEmbeddedStoreMetrics(*store, now, out); });
  EXPECT_THAT(page.Render().body, HasSubstr("\nmailstrom_queue_oldest_age_seconds 0\n"));
  storage::Email email = storage::TestEmail("a");
  email.record.accept_time = kStart;
  ASSERT_TRUE(storage::BlockingStore(*store).Accept(email, "content").ok());
  now = kStart + absl::Seconds(90);
  EXPECT_THAT(page.Render().body,
              AllOf(HasSubstr("\nmailstrom_queue_oldest_age_seconds 90\n"),
                    ContainsRegex("\nmailstrom_store_commit_duration_seconds_count [1-9]"),
                    ContainsRegex("\nmailstrom_store_sync_duration_seconds_count [1-9]"),
                    // Some time, and not more than all of it.
                    ContainsRegex("\nmailstrom_store_sync_duration_seconds_sum [0-9.e-]*[1-9]"),
                    HasSubstr("\nmailstrom_store_failures_total{operation=\"read\"} 0\n"),
                    HasSubstr("\nmailstrom_store_failures_total{operation=\"write\"} 0\n"),
                    ContainsRegex("mailstrom_store_memory_bytes\\{kind=\"memtables\"\\} [1-9]"),
                    ContainsRegex("mailstrom_store_memory_bytes\\{kind=\"block_cache\"\\} [1-9]")));
  now = kStart - absl::Hours(1);
  EXPECT_THAT(page.Render().body, HasSubstr("\nmailstrom_queue_oldest_age_seconds 0\n"));
}

TEST(SuspensionMetricsTest, CountThoseInForceByWhatTheyHoldBack) {
  using storage::OrderScope;
  const auto suspension = [](OrderScope::Kind kind, absl::Duration age) {
    storage::StandingOrder order;
    order.scope = {.kind = kind, .value = "secret"};
    order.create_time = kStart - age;
    return order;
  };
  std::vector<storage::StandingOrder> orders = {
      suspension(OrderScope::Kind::kDomain, absl::Minutes(1)),
      suspension(OrderScope::Kind::kDomain, absl::Hours(25)),
      suspension(OrderScope::Kind::kDomain, absl::Hours(100)),
      suspension(OrderScope::Kind::kTag, absl::Hours(100)),
      suspension(OrderScope::Kind::kTenant, -absl::Hours(1)),
  };
  orders[2].lifted = true;
  orders[3].expire_time = kStart;
  MetricsPage page;
  page.Add([&](MetricFamilies& out) { AddSuspensionMetrics(orders, kStart, out); });
  const std::string body = page.Render().body;
  EXPECT_THAT(
      body, AllOf(HasSubstr("\nmailstrom_suspensions{scope=\"site\"} 0\n"),
                  HasSubstr("\nmailstrom_suspensions{scope=\"domain\"} 2\n"),
                  HasSubstr("\nmailstrom_suspensions{scope=\"tenant\"} 1\n"),
                  HasSubstr("\nmailstrom_suspensions{scope=\"tag\"} 0\n"),
                  HasSubstr("\nmailstrom_suspension_oldest_age_seconds{scope=\"domain\"} 90000\n"),
                  // The clock was set back.
                  HasSubstr("\nmailstrom_suspension_oldest_age_seconds{scope=\"tenant\"} 0\n"),
                  HasSubstr("\nmailstrom_suspension_oldest_age_seconds{scope=\"tag\"} 0\n"),
                  Not(HasSubstr("secret"))));
}

TEST(SiteMetricsTest, HaveASeriesForEachNamedSiteAndOneForTheRest) {
  delivery::SitesReport report;
  report.busiest = {{.hosts = "mx.a", .running = 2, .limit = 5, .waiting = 7},
                    {.hosts = "mx.b", .suspended = 1}};
  report.others = {.hosts = "", .running = 1, .limit = 9, .waiting = 3};
  report.known = 12;
  report.suspended = 1;
  report.at_limit = 4;
  MetricsPage page;
  page.Add([&](MetricFamilies& out) { AddSiteMetrics(report, out); });
  EXPECT_THAT(page.Render().body,
              AllOf(HasSubstr("\nmailstrom_site_attempts{site=\"mx.a\"} 2\n"),
                    HasSubstr("\nmailstrom_site_attempt_limit{site=\"mx.a\"} 5\n"),
                    HasSubstr("\nmailstrom_site_waiting_recipients{site=\"other\"} 3\n"),
                    HasSubstr("\nmailstrom_site_suspended{site=\"mx.b\"} 1\n"),
                    HasSubstr("\nmailstrom_sites{state=\"known\"} 12\n"),
                    HasSubstr("\nmailstrom_sites{state=\"suspended\"} 1\n"),
                    HasSubstr("\nmailstrom_sites{state=\"at_limit\"} 4\n")));
}

TEST(DnsMetricsTest, CountLookUpsByTypeAndResult) {
  MetricsPage page;
  DnsMetrics metrics(page);
  delivery::DnsAnswer found;
  found.rdata = {"x"};
  delivery::DnsAnswer unknown;
  unknown.no_such_name = true;
  metrics.OnAnswer(delivery::DnsType::kMx, found, absl::Milliseconds(3));
  metrics.OnAnswer(delivery::DnsType::kMx, unknown, absl::Milliseconds(3));
  metrics.OnAnswer(delivery::DnsType::kTlsa, delivery::DnsAnswer(), absl::Milliseconds(3));
  metrics.OnAnswer(delivery::DnsType::kA, absl::UnavailableError("SERVFAIL"), absl::Seconds(11));
  EXPECT_THAT(
      page.Render().body,
      AllOf(HasSubstr("mailstrom_dns_lookups_total{result=\"records\",type=\"MX\"} 1\n"),
            HasSubstr("mailstrom_dns_lookups_total{result=\"no_such_name\",type=\"MX\"} 1\n"),
            HasSubstr("mailstrom_dns_lookups_total{result=\"no_data\",type=\"TLSA\"} 1\n"),
            HasSubstr("mailstrom_dns_lookups_total{result=\"failed\",type=\"A\"} 1\n"),
            HasSubstr("mailstrom_dns_lookups_total{result=\"failed\",type=\"MX\"} 0\n"),
            HasSubstr("mailstrom_dns_lookup_duration_seconds_bucket{le=\"0.005\"} 3\n"),
            HasSubstr("mailstrom_dns_lookup_duration_seconds_bucket{le=\"10\"} 3\n"),
            HasSubstr("mailstrom_dns_lookup_duration_seconds_bucket{le=\"+Inf\"} 4\n"),
            HasSubstr("mailstrom_dns_lookup_duration_seconds_count 4\n")));
}

TEST(TlsMetricsTest, CountHandshakesByResultAndVersion) {
  MetricsPage page;
  TlsMetrics metrics(page.registry());
  metrics.OnHandshake(std::string("TLSv1.3 TLS_AES_128_GCM_SHA256"));
  metrics.OnHandshake(std::string("TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256"));
  metrics.OnHandshake(absl::FailedPreconditionError("certificate has expired"));
  metrics.OnHandshake(absl::UnavailableError("connection reset"));
  metrics.OnHandshake(absl::DeadlineExceededError("too slow"));
  EXPECT_THAT(
      page.Render().body,
      AllOf(HasSubstr("mailstrom_tls_handshakes_total{result=\"ok\",version=\"TLSv1.3\"} 1\n"),
            HasSubstr("mailstrom_tls_handshakes_total{result=\"ok\",version=\"TLSv1.2\"} 1\n"),
            HasSubstr("mailstrom_tls_handshakes_total{result=\"failed\",version=\"none\"} 1\n"),
            HasSubstr("mailstrom_tls_handshakes_total{result=\"broken\",version=\"none\"} 2\n")));
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
