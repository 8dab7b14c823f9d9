#include "delivery/dns/unbound_dns_client.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asio/co_spawn.hpp"
#include "asio/io_context.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/udp_dns_server.h"

namespace mailstrom::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Result = std::optional<absl::StatusOr<DnsAnswer>>;

constexpr uint16_t kA = 1;
constexpr uint16_t kCname = 5;
constexpr uint16_t kMx = 15;

class UnboundDnsClientTest : public testing::Test {
 protected:
  UnboundDnsClientTest() : server_(io_) { options_.servers = {server_.address()}; }

  void TearDown() override {
    client_.reset();
    Settle();
  }

  // Runs what can run without waiting.
  void Settle() {
    io_.restart();
    io_.poll();
  }

  void Start() {
    auto client = UnboundDnsClient::Create(io_.get_executor(), alarms_, options_);
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  std::shared_ptr<Result> Begin(const std::string& name, DnsType type) {
    auto result = std::make_shared<Result>();
    asio::co_spawn(io_, client_->Query(name, type),
                   [result](std::exception_ptr error, absl::StatusOr<DnsAnswer> answer) {
                     ASSERT_FALSE(error);
                     *result = std::move(answer);
                   });
    return result;
  }

  absl::StatusOr<DnsAnswer> Query(const std::string& name, DnsType type) {
    if (client_ == nullptr) Start();
    const std::shared_ptr<Result> result = Begin(name, type);
    io_.restart();
    while (!result->has_value()) io_.run_one();
    return **result;
  }

  asio::io_context io_;
  FakeClock alarms_;
  UdpDnsServer server_;
  UnboundOptions options_;
  std::unique_ptr<UnboundDnsClient> client_;
};

TEST_F(UnboundDnsClientTest, GivesRecordData) {
  const std::string mx = std::string("\0\12\2mx\1x\4test\0", 13);
  server_.Add("x.test", kMx, mx);
  server_.Add("x.test", kA, "\1\2\3\4");
  const absl::StatusOr<DnsAnswer> answer = Query("x.test.", DnsType::kMx);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->rdata, ElementsAre(mx));
  EXPECT_EQ(answer->canonical_name, "x.test");
  EXPECT_FALSE(answer->no_such_name);
  EXPECT_FALSE(answer->authenticated);
}

TEST_F(UnboundDnsClientTest, TellsHowLongAnAnswerIsValid) {
  server_.Add("x.test", kA, "\1\2\3\4", absl::Seconds(90));
  const absl::StatusOr<DnsAnswer> answer = Query("x.test", DnsType::kA);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_GT(answer->ttl, absl::Seconds(60));
  EXPECT_LE(answer->ttl, absl::Seconds(90));
}

TEST_F(UnboundDnsClientTest, TellsNoDataFromNoName) {
  server_.Add("x.test", kA, "\1\2\3\4");
  absl::StatusOr<DnsAnswer> answer = Query("x.test", DnsType::kMx);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_FALSE(answer->no_such_name);
  EXPECT_THAT(answer->rdata, IsEmpty());
  answer = Query("nowhere.test", DnsType::kMx);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->no_such_name);
}

TEST_F(UnboundDnsClientTest, FollowsCnames) {
  server_.Add("alias.test", kCname, std::string("\4real\4test\0", 11));
  server_.Add("real.test", kA, "\1\2\3\4");
  const absl::StatusOr<DnsAnswer> answer = Query("alias.test", DnsType::kA);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->rdata, ElementsAre("\1\2\3\4"));
  EXPECT_EQ(answer->canonical_name, "real.test");
}

TEST_F(UnboundDnsClientTest, ServfailIsUnavailable) {
  server_.Set("broken.test", UdpDnsServer::Behaviour::kServfail);
  const absl::StatusOr<DnsAnswer> answer = Query("broken.test", DnsType::kMx);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("SERVFAIL"));
}

TEST_F(UnboundDnsClientTest, SilenceEndsWithTheTimeout) {
  options_.timeout = absl::Seconds(7);
  Start();
  server_.Set("silent.test", UdpDnsServer::Behaviour::kSilence);
  const std::shared_ptr<Result> result = Begin("silent.test", DnsType::kMx);
  Settle();
  alarms_.Advance(absl::Seconds(6));
  Settle();
  EXPECT_FALSE(result->has_value());
  alarms_.Advance(absl::Seconds(1));
  Settle();
  ASSERT_TRUE(result->has_value());
  EXPECT_EQ((*result)->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT((*result)->status().message(), HasSubstr("in time"));
  EXPECT_EQ(alarms_.alarm_count(), 0u);
}

TEST_F(UnboundDnsClientTest, NotAName) {
  for (const std::string& name : {std::string(), std::string("a..b"), std::string("a b.test"),
                                  std::string("192.0.2.1"), std::string(300, 'a')}) {
    EXPECT_EQ(Query(name, DnsType::kA).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST_F(UnboundDnsClientTest, Caches) {
  server_.Add("x.test", kA, "\1\2\3\4");
  ASSERT_TRUE(Query("x.test", DnsType::kA).ok());
  ASSERT_TRUE(Query("x.test", DnsType::kA).ok());
  EXPECT_EQ(server_.query_count("x.test", kA), 1);
}

TEST_F(UnboundDnsClientTest, ManyQueriesAtOnce) {
  Start();
  constexpr int kQueries = 1000;
  std::vector<std::shared_ptr<Result>> results;
  for (int i = 0; i < kQueries; ++i) {
    server_.Add(absl::StrCat("host", i, ".test"), kA, std::string({1, 2, char(i / 256), char(i)}));
    results.push_back(Begin(absl::StrCat("host", i, ".test"), DnsType::kA));
  }
  io_.restart();
  for (int i = 0; i < kQueries; ++i) {
    while (!results[i]->has_value()) io_.run_one();
    const absl::StatusOr<DnsAnswer>& answer = **results[i];
    ASSERT_TRUE(answer.ok()) << i << answer.status();
    EXPECT_THAT(answer->rdata, ElementsAre(std::string({1, 2, char(i / 256), char(i)})));
  }
}

TEST_F(UnboundDnsClientTest, AnswersAreBounded) {
  for (int i = 0; i < 1000; ++i) {
    server_.Add("x.test", kA, std::string({1, 2, char(i / 256), char(i)}));
  }
  // Over UDP such an answer does not fit and the server has no TCP, so few may be all there is.
  const absl::StatusOr<DnsAnswer> answer = Query("x.test", DnsType::kA);
  if (answer.ok()) EXPECT_LE(answer->rdata.size(), 256u);
}

TEST_F(UnboundDnsClientTest, DestructionEndsQueriesUnderWay) {
  Start();
  server_.Set("silent.test", UdpDnsServer::Behaviour::kSilence);
  const std::shared_ptr<Result> result = Begin("silent.test", DnsType::kA);
  Settle();
  ASSERT_FALSE(result->has_value());
  client_.reset();
  Settle();
  ASSERT_TRUE(result->has_value());
  EXPECT_EQ((*result)->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(UnboundDnsClientTest, BadOptionsAreTold) {
  options_.servers = {"not an address"};
  EXPECT_EQ(UnboundDnsClient::Create(io_.get_executor(), alarms_, options_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mailstrom::delivery
