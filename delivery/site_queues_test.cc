#include "delivery/site_queues.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

Parcel MakeParcel(const std::string& site_key, const std::string& email_id, int recipients = 1) {
  auto email = std::make_shared<storage::EmailRecord>();
  email->email_id = email_id;
  Parcel parcel;
  parcel.email = email;
  parcel.site.key = site_key;
  parcel.recipients.resize(recipients);
  return parcel;
}

class SiteQueuesTest : public testing::Test {
 protected:
  // Pops all that may run; email ids in order.
  std::vector<std::string> PopAll() {
    std::vector<std::string> ids;
    while (const Parcel* next = queues_.Peek()) {
      const std::string id = next->email->email_id;
      EXPECT_EQ(queues_.Pop().email->email_id, id);
      ids.push_back(id);
    }
    return ids;
  }

  int limit_ = 2;
  // Domains that may not start.
  std::set<std::string> held_;
  SiteQueues queues_{
      100, [this](const std::string&) { return limit_; },
      [this](const Parcel& parcel) { return held_.count(parcel.limited_domain) == 0; }};
};

TEST_F(SiteQueuesTest, SitesTakeTurns) {
  limit_ = 10;
  for (int i = 0; i < 3; ++i) queues_.Push(MakeParcel("a", absl::StrCat("a", i)));
  queues_.Push(MakeParcel("b", "b0"));
  queues_.Push(MakeParcel("c", "c0"));
  EXPECT_EQ(PopAll(), (std::vector<std::string>{"a0", "b0", "c0", "a1", "a2"}));
}

TEST_F(SiteQueuesTest, DomainAtItsLimitHoldsUpNobodyElse) {
  limit_ = 10;
  held_ = {"held.test"};
  for (int i = 0; i < 3; ++i) {
    Parcel held = MakeParcel("a", absl::StrCat("held", i));
    held.limited_domain = "held.test";
    queues_.Push(std::move(held));
    Parcel free = MakeParcel("a", absl::StrCat("free", i));
    free.limited_domain = "free.test";
    queues_.Push(std::move(free));
    queues_.Push(MakeParcel("a", absl::StrCat("any", i)));
  }
  EXPECT_EQ(PopAll(), (std::vector<std::string>{"free0", "any0", "free1", "any1", "free2", "any2"}))
      << "lanes take turns";
  EXPECT_EQ(queues_.waiting("a"), 3);
  queues_.LaneChanged("a", "held.test");
  EXPECT_TRUE(PopAll().empty());
  held_.clear();
  EXPECT_TRUE(PopAll().empty()) << "a lane that was held is not asked again before it is said to";
  queues_.LaneChanged("a", "held.test");
  EXPECT_EQ(PopAll(), (std::vector<std::string>{"held0", "held1", "held2"}));
  for (int i = 0; i < 9; ++i) queues_.Finished("a");
  EXPECT_EQ(queues_.running(), 0);
  EXPECT_EQ(queues_.waiting(), 0);
}

TEST_F(SiteQueuesTest, ParcelsThatAreHeldAreTakenToo) {
  held_ = {"held.test"};
  Parcel held = MakeParcel("a", "held");
  held.limited_domain = "held.test";
  queues_.Push(std::move(held));
  queues_.Push(MakeParcel("a", "any"));
  EXPECT_EQ(PopAll(), std::vector<std::string>{"any"});
  EXPECT_EQ(queues_.TakeAll().size(), 1u);
  EXPECT_EQ(queues_.waiting(), 0);
}

TEST_F(SiteQueuesTest, SiteAtItsLimitWaits) {
  for (int i = 0; i < 5; ++i) queues_.Push(MakeParcel("a", absl::StrCat("a", i)));
  EXPECT_EQ(PopAll(), (std::vector<std::string>{"a0", "a1"}));
  EXPECT_EQ(queues_.running("a"), 2);
  EXPECT_EQ(queues_.waiting("a"), 3);
  queues_.Finished("a");
  EXPECT_EQ(PopAll(), std::vector<std::string>{"a2"});
}

TEST_F(SiteQueuesTest, HigherLimitTakesEffect) {
  for (int i = 0; i < 5; ++i) queues_.Push(MakeParcel("a", absl::StrCat("a", i)));
  PopAll();
  limit_ = 3;
  queues_.LimitChanged("a");
  EXPECT_EQ(PopAll(), std::vector<std::string>{"a2"});
}

TEST_F(SiteQueuesTest, LowerLimitTakesEffectAtOnce) {
  for (int i = 0; i < 5; ++i) queues_.Push(MakeParcel("a", absl::StrCat("a", i)));
  limit_ = 0;
  EXPECT_EQ(queues_.Peek(), nullptr);
  limit_ = 1;
  queues_.LimitChanged("a");
  EXPECT_EQ(PopAll(), std::vector<std::string>{"a0"});
}

TEST_F(SiteQueuesTest, OverallLimitHolds) {
  limit_ = 1000;
  for (int i = 0; i < 300; ++i) queues_.Push(MakeParcel(absl::StrCat(i), absl::StrCat("e", i)));
  EXPECT_EQ(PopAll().size(), 100u);
  EXPECT_EQ(queues_.running(), 100);
}

TEST_F(SiteQueuesTest, OneSiteNeverHasTheWholeHouse) {
  limit_ = 1000;
  for (int i = 0; i < 500; ++i) queues_.Push(MakeParcel("greedy", absl::StrCat("g", i)));
  EXPECT_LE(PopAll().size(), 34u);
  queues_.Push(MakeParcel("other", "o"));
  EXPECT_EQ(PopAll(), std::vector<std::string>{"o"});
}

TEST_F(SiteQueuesTest, ManyGreedySitesLeaveRoom) {
  limit_ = 20;
  for (int site = 0; site < 10; ++site) {
    for (int i = 0; i < 50; ++i) {
      queues_.Push(MakeParcel(absl::StrCat("greedy", site), absl::StrCat(site, "-", i)));
    }
  }
  PopAll();
  EXPECT_LT(queues_.running(), 100);
  queues_.Push(MakeParcel("other", "o"));
  EXPECT_EQ(PopAll(), std::vector<std::string>{"o"});
}

TEST_F(SiteQueuesTest, RecipientsOfOneEmailTravelTogether) {
  limit_ = 0;
  queues_.Push(MakeParcel("a", "e1", 2));
  queues_.Push(MakeParcel("a", "e1", 3));
  queues_.Push(MakeParcel("a", "e2", 1));
  Parcel utf8 = MakeParcel("a", "e2", 1);
  utf8.needs_smtputf8 = true;
  queues_.Push(std::move(utf8));
  EXPECT_EQ(queues_.waiting("a"), 7);
  limit_ = 10;
  queues_.LimitChanged("a");
  ASSERT_NE(queues_.Peek(), nullptr);
  EXPECT_EQ(queues_.Pop().recipients.size(), 5u);
  EXPECT_EQ(PopAll(), (std::vector<std::string>{"e2", "e2"}));
}

TEST_F(SiteQueuesTest, TakesBackWhatWaits) {
  for (int i = 0; i < 5; ++i) queues_.Push(MakeParcel("a", absl::StrCat("a", i)));
  queues_.Push(MakeParcel("b", "b0"));
  PopAll();
  EXPECT_EQ(queues_.Take("a", 1).size(), 1u);
  EXPECT_EQ(queues_.waiting("a"), 2);
  EXPECT_EQ(queues_.Take("a", 100).size(), 2u);
  EXPECT_EQ(queues_.waiting(), 0);
  queues_.Push(MakeParcel("c", "c0"));
  EXPECT_EQ(queues_.TakeAll().size(), 1u);
  EXPECT_EQ(queues_.Peek(), nullptr);
  queues_.Finished("a");
  queues_.Finished("a");
  queues_.Finished("b");
  EXPECT_EQ(queues_.running(), 0);
}

}  // namespace
}  // namespace mailstrom::delivery
