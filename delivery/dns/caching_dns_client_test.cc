#include "delivery/dns/caching_dns_client.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "asio/co_spawn.hpp"
#include "asio/detached.hpp"
#include "asio/io_context.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Gives one prepared answer to all, and counts.
class OneAnswer final : public DnsClient {
 public:
  asio::awaitable<absl::StatusOr<DnsAnswer>> Query(std::string name, DnsType type) override {
    ++queries;
    last_name = name;
    co_return answer;
  }

  absl::StatusOr<DnsAnswer> answer;
  int queries = 0;
  std::string last_name;
};

class CachingDnsClientTest : public testing::Test {
 protected:
  CachingDnsClientTest() {
    inner_.answer = DnsAnswer{.canonical_name = "x.test", .rdata = {"\1\2\3\4"}};
    inner_.answer->ttl = absl::Minutes(5);
  }

  absl::StatusOr<DnsAnswer> Query(std::string name, DnsType type = DnsType::kA) {
    std::optional<absl::StatusOr<DnsAnswer>> result;
    asio::co_spawn(io_, client_.Query(std::move(name), type),
                   [&result](std::exception_ptr, absl::StatusOr<DnsAnswer> answer) {
                     result = std::move(answer);
                   });
    io_.restart();
    io_.run();
    return *result;
  }

  asio::io_context io_;
  FakeClock clock_;
  OneAnswer inner_;
  CachingDnsClient client_{inner_, clock_, 4000};
};

TEST_F(CachingDnsClientTest, AsksOnceWhileTheAnswerIsValid) {
  EXPECT_THAT(Query("x.test")->rdata, ElementsAre("\1\2\3\4"));
  clock_.Advance(absl::Minutes(5) - absl::Seconds(1));
  inner_.answer->rdata = {"\5\6\7\10"};
  EXPECT_THAT(Query("x.test")->rdata, ElementsAre("\1\2\3\4"));
  EXPECT_EQ(inner_.queries, 1);
}

TEST_F(CachingDnsClientTest, AsksAgainAfterwards) {
  ASSERT_TRUE(Query("x.test").ok());
  clock_.Advance(absl::Minutes(5));
  inner_.answer->rdata = {"\5\6\7\10"};
  EXPECT_THAT(Query("x.test")->rdata, ElementsAre("\5\6\7\10"));
  EXPECT_EQ(inner_.queries, 2);
}

TEST_F(CachingDnsClientTest, CaseAndFinalDotDoNotMatter) {
  ASSERT_TRUE(Query("x.test").ok());
  ASSERT_TRUE(Query("X.Test.").ok());
  EXPECT_EQ(inner_.queries, 1);
}

TEST_F(CachingDnsClientTest, TypesAreApart) {
  ASSERT_TRUE(Query("x.test", DnsType::kA).ok());
  ASSERT_TRUE(Query("x.test", DnsType::kMx).ok());
  EXPECT_EQ(inner_.queries, 2);
}

TEST_F(CachingDnsClientTest, KeepsThatThereIsNoSuchName) {
  inner_.answer->no_such_name = true;
  inner_.answer->rdata.clear();
  ASSERT_TRUE(Query("gone.test").ok());
  const absl::StatusOr<DnsAnswer> again = Query("gone.test");
  EXPECT_TRUE(again->no_such_name);
  EXPECT_THAT(again->rdata, IsEmpty());
  EXPECT_EQ(inner_.queries, 1);
}

TEST_F(CachingDnsClientTest, KeepsThatDnssecProvedIt) {
  inner_.answer->authenticated = true;
  ASSERT_TRUE(Query("x.test").ok());
  EXPECT_TRUE(Query("x.test")->authenticated);
}

TEST_F(CachingDnsClientTest, KeepsNoFailure) {
  inner_.answer = absl::UnavailableError("DNS: SERVFAIL");
  EXPECT_FALSE(Query("x.test").ok());
  EXPECT_FALSE(Query("x.test").ok());
  EXPECT_EQ(inner_.queries, 2);
}

TEST_F(CachingDnsClientTest, KeepsNothingWithoutATimeToLive) {
  inner_.answer->ttl = absl::ZeroDuration();
  ASSERT_TRUE(Query("x.test").ok());
  ASSERT_TRUE(Query("x.test").ok());
  EXPECT_EQ(inner_.queries, 2);
}

TEST_F(CachingDnsClientTest, ForgetsWhatWasNotUsedForLongest) {
  // Some 320 bytes each.
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(Query(absl::StrCat("n", i, ".test")).ok());
  ASSERT_TRUE(Query("n0.test").ok());
  EXPECT_EQ(inner_.queries, 8);
  for (int i = 8; i < 16; ++i) {
    ASSERT_TRUE(Query(absl::StrCat("n", i, ".test")).ok());
    ASSERT_TRUE(Query("n0.test").ok());
  }
  EXPECT_EQ(inner_.queries, 16);
  ASSERT_TRUE(Query("n1.test").ok());
  EXPECT_EQ(inner_.queries, 17);
}

TEST_F(CachingDnsClientTest, WhatIsLargerThanAllIsNotKept) {
  inner_.answer->rdata = {std::string(5000, 'x')};
  ASSERT_TRUE(Query("x.test").ok());
  ASSERT_TRUE(Query("x.test").ok());
  EXPECT_EQ(inner_.queries, 2);
}

}  // namespace
}  // namespace mailstrom::delivery
