#include "clients/cli/queue_request.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "clients/cli/queue_options.h"

namespace mailstrom::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

Arguments Parse(absl::Span<const Option> options, const std::vector<std::string>& words) {
  const absl::StatusOr<Arguments> arguments = ParseArguments(options, words);
  EXPECT_TRUE(arguments.ok()) << arguments.status();
  return arguments.value_or(Arguments());
}

TEST(QueueRequestTest, AFilterTakesAllItsConditions) {
  const auto filter = BuildFilter(
      Parse(kQueueFilterOptions, {"--email=e", "--recipient=a@b", "--domain=b", "--site=mx.b",
                                  "--tenant=t", "--tag=run=7", "--tag=kind=a=b", "--held"}));
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(filter->email_id(), "e");
  EXPECT_EQ(filter->recipient(), "a@b");
  EXPECT_EQ(filter->domain(), "b");
  EXPECT_EQ(filter->site(), "mx.b");
  EXPECT_EQ(filter->tenant(), "t");
  EXPECT_EQ(filter->tags().at("run"), "7");
  EXPECT_EQ(filter->tags().at("kind"), "a=b");
  EXPECT_TRUE(filter->held());
  EXPECT_FALSE(BuildFilter(Parse(kQueueFilterOptions, {}))->has_held());
  EXPECT_FALSE(BuildFilter(Parse(kQueueFilterOptions, {"--tag=run"})).ok());
  EXPECT_FALSE(BuildFilter(Parse(kQueueFilterOptions, {"--tag==7"})).ok());
}

TEST(QueueRequestTest, AScopeIsOnePartOfTheMail) {
  EXPECT_EQ(BuildScope(Parse(kQueueScopeOptions, {"--site=mx.b"}))->site(), "mx.b");
  EXPECT_EQ(BuildScope(Parse(kQueueScopeOptions, {"--domain=*.b"}))->domain(), "*.b");
  EXPECT_EQ(BuildScope(Parse(kQueueScopeOptions, {"--tenant=t"}))->tenant(), "t");
  EXPECT_EQ(BuildScope(Parse(kQueueScopeOptions, {"--tag=run=7"}))->tag().value(), "7");
  EXPECT_FALSE(BuildScope(Parse(kQueueScopeOptions, {})).ok());
  EXPECT_FALSE(BuildScope(Parse(kQueueScopeOptions, {"--site=a", "--domain=b"})).ok());
}

TEST(QueueRequestTest, ASuspensionKnowsWhoWhyAndUntilWhen) {
  const auto request = BuildSuspend(
      Parse(kQueueSuspendOptions, {"--domain=b", "--reason=moves", "--for=2h"}), "anna", kNow);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->author(), "anna");
  EXPECT_EQ(request->reason(), "moves");
  EXPECT_EQ(request->expire_time().seconds(), 1'700'007'200);
  const auto other =
      BuildSuspend(Parse(kQueueSuspendOptions, {"--domain=b", "--author=bob"}), "anna", kNow);
  EXPECT_EQ(other->author(), "bob");
  EXPECT_FALSE(other->has_expire_time());
  for (const char* duration : {"--for=soon", "--for=-1h", "--for=inf"}) {
    EXPECT_FALSE(BuildSuspend(Parse(kQueueSuspendOptions, {"--domain=b", duration}), "", kNow).ok())
        << duration;
  }
}

TEST(QueueRequestTest, ARerouteNamesAHostAndPerhapsAPort) {
  const struct {
    std::string to;
    std::string host;
    int port;
  } kCases[] = {
      {"mx.b", "mx.b", 0},
      {"mx.b:2525", "mx.b", 2525},
      {"192.0.2.1", "192.0.2.1", 0},
      {"[::1]:25", "::1", 25},
      {"[2001:db8::1]", "2001:db8::1", 0},
      {"2001:db8::1", "2001:db8::1", 0},
  };
  for (const auto& test : kCases) {
    const auto request =
        BuildReroute(Parse(kQueueRerouteOptions, {"--domain=b", "--to=" + test.to}), "", kNow);
    ASSERT_TRUE(request.ok()) << test.to << request.status();
    EXPECT_EQ(request->host(), test.host) << test.to;
    EXPECT_EQ(request->port(), test.port) << test.to;
  }
  for (const char* to : {"--to=a:0", "--to=a:x", "--to=a:65536"}) {
    EXPECT_FALSE(BuildReroute(Parse(kQueueRerouteOptions, {"--domain=b", to}), "", kNow).ok())
        << to;
  }
  EXPECT_FALSE(BuildReroute(Parse(kQueueRerouteOptions, {"--domain=b"}), "", kNow).ok());
}

TEST(QueueRequestTest, NumbersHaveBounds) {
  EXPECT_EQ(*ReadNumber(Parse(kQueueSummaryOptions, {}), "limit", 50, 1000), 50);
  EXPECT_EQ(*ReadNumber(Parse(kQueueSummaryOptions, {"--limit=7"}), "limit", 50, 1000), 7);
  for (const char* limit : {"--limit=0", "--limit=1001", "--limit=x"}) {
    EXPECT_FALSE(ReadNumber(Parse(kQueueSummaryOptions, {limit}), "limit", 50, 1000).ok()) << limit;
  }
}

}  // namespace
}  // namespace mailstrom::cli
