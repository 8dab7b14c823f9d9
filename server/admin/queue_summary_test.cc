#include "server/admin/queue_summary.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "server/api_conversion.h"

namespace mailstrom::server {
namespace {

using admin::v1::SiteQueue;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

storage::DomainQueue Queue(const std::string& domain, int recipients, int held = 0) {
  storage::DomainQueue queue;
  queue.domain = domain;
  queue.recipients = recipients;
  queue.held = held;
  queue.oldest_accept_time = kNow - absl::Minutes(recipients);
  queue.next_due = kNow + absl::Minutes(recipients);
  return queue;
}

delivery::SiteReport Site(const std::string& key) {
  delivery::SiteReport report;
  report.site_key = key;
  report.running = 2;
  report.limit = 5;
  return report;
}

TEST(QueueSummaryTest, DomainsOfOneSiteStandTogether) {
  storage::QueueSummary summary;
  summary.domains = {Queue("a.test", 5), Queue("b.test", 4), Queue("c.test", 3)};
  summary.others = Queue("", 7);
  admin::v1::SummarizeQueueResponse response;
  GroupBySite(summary, {Site("mx1 x"), Site("mx2 x"), Site("mx2 x")}, {}, 10, kNow, response);
  ASSERT_EQ(response.sites_size(), 2);
  const SiteQueue& first = response.sites(0);
  EXPECT_EQ(first.site(), "mx2 x");
  EXPECT_EQ(first.recipients(), 7);
  EXPECT_EQ(first.domain_count(), 2);
  EXPECT_EQ(first.domains(0), "b.test");
  EXPECT_EQ(first.domains(1), "c.test");
  EXPECT_EQ(first.running(), 2);
  EXPECT_EQ(first.concurrency_limit(), 5);
  EXPECT_EQ(FromTimestamp(first.oldest_accept_time()), kNow - absl::Minutes(4));
  EXPECT_EQ(FromTimestamp(first.next_attempt_time()), kNow + absl::Minutes(3));
  EXPECT_EQ(first.state(), SiteQueue::STATE_OPEN);
  EXPECT_EQ(response.sites(1).site(), "mx1 x");
  EXPECT_EQ(response.others().recipients(), 7);
  EXPECT_EQ(response.total().recipients(), 19);
}

TEST(QueueSummaryTest, WhatIsBeyondTheSitesWantedIsCountedTogether) {
  storage::QueueSummary summary;
  summary.domains = {Queue("a.test", 5), Queue("b.test", 4), Queue("c.test", 3)};
  admin::v1::SummarizeQueueResponse response;
  GroupBySite(summary, {Site("a"), Site("b"), Site("c")}, {}, 1, kNow, response);
  ASSERT_EQ(response.sites_size(), 1);
  EXPECT_EQ(response.others().recipients(), 7);
  EXPECT_EQ(response.total().recipients(), 12);
}

TEST(QueueSummaryTest, EachSiteShowsHowItDoes) {
  storage::QueueSummary summary;
  summary.domains = {Queue("new.test", 9), Queue("dead.test", 8), Queue("held.test", 7, 7),
                     Queue("some.test", 6, 5), Queue("order.test", 5)};
  delivery::SiteReport dead = Site("dead");
  dead.suspended_until = kNow + absl::Minutes(10);
  dead.last_failure = "no connection";
  storage::StandingOrder order;
  order.scope = {storage::OrderScope::Kind::kSite, "", "mx.order.test"};
  admin::v1::SummarizeQueueResponse response;
  GroupBySite(summary,
              {delivery::SiteReport(), dead, Site("held"), Site("some"),
               Site("mx.order.test default port 25")},
              {order}, 10, kNow, response);
  ASSERT_EQ(response.sites_size(), 5);
  EXPECT_EQ(response.sites(0).state(), SiteQueue::STATE_UNKNOWN);
  EXPECT_EQ(response.sites(0).domains(0), "new.test");
  EXPECT_EQ(response.sites(1).state(), SiteQueue::STATE_SUSPENDED);
  EXPECT_EQ(response.sites(1).last_failure(), "no connection");
  EXPECT_EQ(FromTimestamp(response.sites(1).suspended_until()), dead.suspended_until);
  EXPECT_EQ(response.sites(2).state(), SiteQueue::STATE_HELD);
  EXPECT_EQ(response.sites(3).state(), SiteQueue::STATE_OPEN);
  EXPECT_EQ(response.sites(4).state(), SiteQueue::STATE_HELD);
}

}  // namespace
}  // namespace mailstrom::server
