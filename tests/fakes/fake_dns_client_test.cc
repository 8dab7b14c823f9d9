#include "tests/fakes/fake_dns_client.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What unbound_dns_client_test asks of the real client.
class FakeDnsClientTest : public testing::Test {
 protected:
  FakeDnsClientTest() : loop_(clock_), dns_(clock_) {}

  absl::StatusOr<DnsAnswer> Query(const std::string& name, DnsType type) {
    return *loop_.Run(dns_.Query(name, type));
  }

  FakeClock clock_;
  FakeLoop loop_;
  FakeDnsClient dns_;
};

TEST_F(FakeDnsClientTest, GivesRecordDataInWireFormat) {
  dns_.AddMx("x.test", 10, "mx.x.test");
  dns_.AddAddress("x.test", "1.2.3.4");
  dns_.AddTxt("x.test", "hello");
  EXPECT_THAT(Query("X.test.", DnsType::kMx)->rdata,
              ElementsAre(std::string("\0\12\2mx\1x\4test\0", 13)));
  EXPECT_THAT(Query("x.test", DnsType::kA)->rdata, ElementsAre("\1\2\3\4"));
  EXPECT_THAT(Query("x.test", DnsType::kTxt)->rdata, ElementsAre("\5hello"));
  EXPECT_EQ(dns_.query_count("x.test", DnsType::kMx), 1);
}

TEST_F(FakeDnsClientTest, TellsNoDataFromNoName) {
  dns_.AddName("x.test");
  EXPECT_FALSE(Query("x.test", DnsType::kMx)->no_such_name);
  EXPECT_THAT(Query("x.test", DnsType::kMx)->rdata, IsEmpty());
  EXPECT_TRUE(Query("nowhere.test", DnsType::kMx)->no_such_name);
  dns_.Remove("x.test");
  EXPECT_TRUE(Query("x.test", DnsType::kMx)->no_such_name);
}

TEST_F(FakeDnsClientTest, FollowsCnames) {
  dns_.AddCname("alias.test", "real.test");
  dns_.AddAddress("real.test", "1.2.3.4");
  EXPECT_THAT(Query("alias.test", DnsType::kA)->rdata, ElementsAre("\1\2\3\4"));
  EXPECT_EQ(Query("alias.test", DnsType::kA)->canonical_name, "real.test");
  dns_.AddCname("a.test", "b.test");
  dns_.AddCname("b.test", "a.test");
  EXPECT_EQ(Query("a.test", DnsType::kA).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(FakeDnsClientTest, FailsAsTold) {
  dns_.AddAddress("x.test", "1.2.3.4");
  dns_.SetServfail("x.test", DnsType::kMx);
  EXPECT_EQ(Query("x.test", DnsType::kMx).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Query("x.test", DnsType::kA).ok());
  EXPECT_EQ(clock_.Now(), FakeClock::DefaultStart());
  dns_.SetTimeout("x.test");
  EXPECT_EQ(Query("x.test", DnsType::kA).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(clock_.Now() - FakeClock::DefaultStart(), FakeDnsClient::kTimeout);
  EXPECT_EQ(Query("", DnsType::kA).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mailstrom::delivery
