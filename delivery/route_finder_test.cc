#include "delivery/route_finder.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

class RouteFinderTest : public testing::Test {
 protected:
  void Find(const std::string& domain) {
    finder_->Find(domain, [this, domain](const MxRoute& route) {
      found_.push_back(
          absl::StrCat(domain, " ", route.hosts.empty() ? "none" : route.hosts[0].name));
    });
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  DeterministicRandom random_;
  FakeDnsClient dns_{clock_};
  std::shared_ptr<RouteFinder> finder_ = std::make_shared<RouteFinder>(
      dns_, random_, absl::flat_hash_set<std::string>{"me.test"}, loop_.io().get_executor(), 2);
  std::vector<std::string> found_;
};

TEST_F(RouteFinderTest, FindsLater) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  Find("a.test");
  EXPECT_TRUE(found_.empty());
  loop_.Settle();
  EXPECT_EQ(found_, std::vector<std::string>{"a.test mx.a.test"});
}

TEST_F(RouteFinderTest, OneLookUpServesAllThatWait) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  for (int i = 0; i < 5; ++i) Find("a.test");
  loop_.Settle();
  EXPECT_EQ(found_.size(), 5u);
  EXPECT_EQ(dns_.query_count("a.test", DnsType::kMx), 1);
  Find("a.test");
  loop_.Settle();
  EXPECT_EQ(dns_.query_count("a.test", DnsType::kMx), 2) << "nothing is remembered";
}

TEST_F(RouteFinderTest, BoundsLookUpsUnderWay) {
  for (int i = 0; i < 5; ++i) {
    dns_.SetTimeout(absl::StrCat(i, ".test"));
    Find(absl::StrCat(i, ".test"));
  }
  loop_.Settle();
  EXPECT_EQ(dns_.queries().size(), 2u);
  loop_.RunUntil([&] { return found_.size() == 5; });
  EXPECT_EQ(found_.size(), 5u);
}

TEST_F(RouteFinderTest, StopForgetsAllThatWait) {
  for (const char* domain : {"a.test", "b.test", "c.test"}) {
    dns_.SetTimeout(domain);
    Find(domain);
  }
  loop_.Settle();
  finder_->Stop();
  loop_.Advance(absl::Minutes(1));
  EXPECT_TRUE(found_.empty());
  EXPECT_EQ(dns_.queries().size(), 2u);
}

}  // namespace
}  // namespace mailstrom::delivery
