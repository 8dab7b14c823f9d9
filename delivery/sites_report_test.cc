#include "delivery/sites_report.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class SitesReportTest : public testing::Test {
 protected:
  // Knows the site, and puts recipients into its queue.
  void Add(const std::string& site_key, int waiting) {
    sites_.Get(site_key);
    for (int i = 0; i < waiting; ++i) {
      auto email = std::make_shared<storage::EmailRecord>();
      email->email_id = absl::StrCat(site_key, i);
      Parcel parcel;
      parcel.site.key = site_key;
      parcel.email = std::move(email);
      parcel.recipients.resize(1);
      queues_.Push(std::move(parcel));
    }
  }
  void Suspend(const std::string& site_key) {
    sites_.Get(site_key).health.SuspendFor(absl::Minutes(1), kNow);
  }
  SitesReport Report(size_t max_named) { return ReportSites(sites_, queues_, kNow, max_named); }

  SiteTable sites_{SiteHealthOptions{.first_connections = 2}, 1000};
  SiteQueues queues_{100, [](const std::string&) { return 2; }, [](const Parcel&) { return true; }};
};

TEST_F(SitesReportTest, NamesTheBusiestAndSumsUpTheRest) {
  Add("mx.a default port 25", 3);
  Add("mx.b default port 25", 9);
  Add("mx.c default port 25", 2);
  Add("mx.d default port 25", 1);
  Add("mx.idle default port 25", 0);
  const SitesReport report = Report(2);
  ASSERT_EQ(report.busiest.size(), 2u);
  EXPECT_EQ(report.busiest[0].hosts, "mx.b");
  EXPECT_EQ(report.busiest[0].waiting, 9);
  EXPECT_EQ(report.busiest[0].limit, 2);
  EXPECT_EQ(report.busiest[1].hosts, "mx.a");
  EXPECT_EQ(report.others.waiting, 3);
  // Nothing of the idle one.
  EXPECT_EQ(report.others.limit, 4);
  EXPECT_EQ(report.known, 5);
  EXPECT_EQ(report.suspended, 0);
}

TEST_F(SitesReportTest, TellsRunningFromWaiting) {
  Add("mx.a default port 25", 3);
  for (int i = 0; i < 2; ++i) {
    ASSERT_NE(queues_.Peek(), nullptr);
    queues_.Pop();
  }
  const SitesReport report = Report(10);
  ASSERT_EQ(report.busiest.size(), 1u);
  EXPECT_EQ(report.busiest[0].running, 2);
  EXPECT_EQ(report.busiest[0].waiting, 1);
  EXPECT_EQ(report.at_limit, 1);
}

TEST_F(SitesReportTest, ShowsSuspendedSitesThoughNothingWaitsThere) {
  Add("mx.a default port 25", 0);
  Suspend("mx.a default port 25");
  const SitesReport report = Report(10);
  ASSERT_EQ(report.busiest.size(), 1u);
  EXPECT_EQ(report.busiest[0].suspended, 1);
  EXPECT_EQ(report.busiest[0].limit, 0);
  EXPECT_EQ(report.suspended, 1);
}

TEST_F(SitesReportTest, OneNameForTheSameHostsHoweverTheyAreSpokenWith) {
  Add("mx.a,mx.b default port 25", 1);
  Add("mx.a,mx.b news port 587 as ann", 2);
  const SitesReport report = Report(10);
  ASSERT_EQ(report.busiest.size(), 1u);
  EXPECT_EQ(report.busiest[0].hosts, "mx.a,mx.b");
  EXPECT_EQ(report.busiest[0].waiting, 3);
}

TEST_F(SitesReportTest, NamesAreBounded) {
  Add(absl::StrCat(std::string(5000, 'x'), ",mx.a default port 25"), 1);
  EXPECT_EQ(Report(10).busiest.at(0).hosts, std::string(kMaxSiteNameBytes, 'x'));
}

}  // namespace
}  // namespace mailstrom::delivery
