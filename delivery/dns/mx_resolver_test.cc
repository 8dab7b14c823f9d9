#include "delivery/dns/mx_resolver.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using Kind = MxRoute::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class MxResolverTest : public testing::Test {
 protected:
  MxResolverTest() : loop_(clock_), dns_(clock_), resolver_(dns_, random_, {"me.test"}) {}

  MxRoute Resolve(const std::string& domain) { return *loop_.Run(resolver_.Resolve(domain)); }

  absl::StatusOr<std::vector<std::string>> Addresses(const std::string& host) {
    return *loop_.Run(resolver_.Addresses(host));
  }

  static std::vector<std::string> Names(const MxRoute& route) {
    std::vector<std::string> names;
    for (const MxHost& host : route.hosts) names.push_back(host.name);
    return names;
  }

  FakeClock clock_;
  FakeLoop loop_;
  FakeDnsClient dns_;
  DeterministicRandom random_;
  MxResolver resolver_;
};

TEST_F(MxResolverTest, OrdersByPreference) {
  dns_.AddMx("x.test", 300, "c.test");
  dns_.AddMx("x.test", 10, "a.test");
  dns_.AddMx("x.test", 20, "b.test");
  const MxRoute route = Resolve("x.test");
  EXPECT_EQ(route.kind, Kind::kHosts);
  EXPECT_THAT(Names(route), ElementsAre("a.test", "b.test", "c.test"));
  EXPECT_EQ(route.hosts[2].preference, 300);
}

TEST_F(MxResolverTest, ShufflesEqualPreferencesOnly) {
  for (const char* name : {"a.test", "b.test", "c.test"}) dns_.AddMx("x.test", 10, name);
  dns_.AddMx("x.test", 5, "first.test");
  dns_.AddMx("x.test", 20, "last.test");
  std::set<std::vector<std::string>> orders;
  for (int i = 0; i < 200; ++i) {
    const std::vector<std::string> names = Names(Resolve("x.test"));
    EXPECT_EQ(names.front(), "first.test");
    EXPECT_EQ(names.back(), "last.test");
    orders.insert(names);
  }
  EXPECT_THAT(orders, SizeIs(6));
}

TEST_F(MxResolverTest, NameGivenTwiceCountsOnceAtItsBest) {
  dns_.AddMx("x.test", 30, "a.test");
  dns_.AddMx("x.test", 20, "b.test");
  dns_.AddMx("x.test", 10, "A.test");
  EXPECT_THAT(Names(Resolve("x.test")), ElementsAre("a.test", "b.test"));
}

TEST_F(MxResolverTest, NoMxMeansTheDomainItself) {
  dns_.AddAddress("x.test", "192.0.2.1");
  const MxRoute route = Resolve("x.test");
  EXPECT_EQ(route.kind, Kind::kHosts);
  EXPECT_THAT(Names(route), ElementsAre("x.test"));
}

TEST_F(MxResolverTest, NeitherMxNorAddress) {
  dns_.AddName("x.test");
  const MxRoute route = Resolve("x.test");
  EXPECT_EQ(route.kind, Kind::kNoHost);
  EXPECT_NE(route.description, "");
}

TEST_F(MxResolverTest, NoSuchDomain) { EXPECT_EQ(Resolve("x.test").kind, Kind::kNoSuchDomain); }

TEST_F(MxResolverTest, NullMx) {
  dns_.AddNullMx("x.test");
  dns_.AddAddress("x.test", "192.0.2.1");
  EXPECT_EQ(Resolve("x.test").kind, Kind::kNoMail);
}

TEST_F(MxResolverTest, RootNameBesideOthersIsSkipped) {
  dns_.AddNullMx("x.test");
  dns_.AddMx("x.test", 10, "a.test");
  EXPECT_THAT(Names(Resolve("x.test")), ElementsAre("a.test"));
}

// Rule 14: no answer is no excuse to go to the A record, where something else may live.
TEST_F(MxResolverTest, NoAnswerDefers) {
  for (const bool timeout : {false, true}) {
    dns_.AddAddress("x.test", "192.0.2.1");
    timeout ? dns_.SetTimeout("x.test", DnsType::kMx) : dns_.SetServfail("x.test", DnsType::kMx);
    EXPECT_EQ(Resolve("x.test").kind, Kind::kTemporary);
  }
  EXPECT_EQ(dns_.query_count("x.test", DnsType::kA), 0);
}

TEST_F(MxResolverTest, NoAnswerForTheDomainsAddressDefers) {
  dns_.AddName("x.test");
  dns_.SetServfail("x.test", DnsType::kA);
  EXPECT_EQ(Resolve("x.test").kind, Kind::kTemporary);
}

TEST_F(MxResolverTest, UnusableNamesAreSkipped) {
  dns_.AddMx("x.test", 5, "192.0.2.7");
  dns_.AddMx("x.test", 10, "a.test");
  dns_.AddRecord("x.test", DnsType::kMx, "");
  dns_.AddRecord("x.test", DnsType::kMx, std::string("\0\1", 2));
  dns_.AddRecord("x.test", DnsType::kMx, std::string("\0\1\xc0\x0c", 4));
  dns_.AddRecord("x.test", DnsType::kMx, std::string("\0\1\3a b\4test\0", 12));
  EXPECT_THAT(Names(Resolve("x.test")), ElementsAre("a.test"));
}

TEST_F(MxResolverTest, OnlyUnusableNamesAreNoReasonForTheDomainItself) {
  dns_.AddMx("x.test", 5, "192.0.2.7");
  dns_.AddAddress("x.test", "192.0.2.1");
  EXPECT_EQ(Resolve("x.test").kind, Kind::kNoHost);
}

// Rule 13.
TEST_F(MxResolverTest, DropsThisHostItsEqualsAndWorse) {
  dns_.AddMx("x.test", 5, "best.test");
  dns_.AddMx("x.test", 10, "ME.test");
  dns_.AddMx("x.test", 10, "equal.test");
  dns_.AddMx("x.test", 20, "worse.test");
  EXPECT_THAT(Names(Resolve("x.test")), ElementsAre("best.test"));
}

TEST_F(MxResolverTest, ThisHostAsBestMxIsALoop) {
  dns_.AddMx("x.test", 10, "me.test");
  dns_.AddMx("x.test", 10, "equal.test");
  dns_.AddMx("x.test", 20, "worse.test");
  EXPECT_EQ(Resolve("x.test").kind, Kind::kLoop);
  dns_.AddAddress("me.test", "192.0.2.1");
  EXPECT_EQ(Resolve("me.test").kind, Kind::kLoop);
}

TEST_F(MxResolverTest, BoundsTheHosts) {
  for (int i = 0; i < 1000; ++i) dns_.AddMx("x.test", i, absl::StrCat("mx", i, ".test"));
  const MxRoute route = Resolve("x.test");
  EXPECT_THAT(route.hosts, SizeIs(16));
  EXPECT_EQ(route.hosts[0].name, "mx0.test");
}

TEST_F(MxResolverTest, DomainLiterals) {
  EXPECT_THAT(Names(Resolve("[192.0.2.1]")), ElementsAre("192.0.2.1"));
  EXPECT_THAT(Names(Resolve("[IPv6:2001:db8::1]")), ElementsAre("2001:db8::1"));
  EXPECT_THAT(Names(Resolve("[ipv6:2001:DB8::1]")), ElementsAre("2001:db8::1"));
  for (const char* literal : {"[]", "[x]", "[2001:db8::1]", "[IPv6:192.0.2.1]", "[999.0.2.1]"}) {
    EXPECT_EQ(Resolve(literal).kind, Kind::kNoHost) << literal;
  }
  EXPECT_THAT(dns_.queries(), IsEmpty());
}

TEST_F(MxResolverTest, NotADomain) {
  EXPECT_EQ(Resolve(std::string(300, 'a')).kind, Kind::kNoSuchDomain);
}

TEST_F(MxResolverTest, AddressesIpv6First) {
  dns_.AddAddress("a.test", "192.0.2.1");
  dns_.AddAddress("a.test", "192.0.2.2");
  dns_.AddAddress("a.test", "2001:db8::1");
  const auto addresses = Addresses("a.test");
  ASSERT_TRUE(addresses.ok());
  EXPECT_THAT(*addresses, UnorderedElementsAre("2001:db8::1", "192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(addresses->front(), "2001:db8::1");
}

TEST_F(MxResolverTest, AddressesAreShuffledWithinTheirFamily) {
  for (int i = 1; i <= 3; ++i) {
    dns_.AddAddress("a.test", absl::StrCat("192.0.2.", i));
    dns_.AddAddress("a.test", absl::StrCat("2001:db8::", i));
  }
  std::set<std::vector<std::string>> orders;
  for (int i = 0; i < 1000; ++i) orders.insert(*Addresses("a.test"));
  EXPECT_THAT(orders, SizeIs(36));
}

TEST_F(MxResolverTest, AddressesBehindACname) {
  dns_.AddCname("a.test", "b.test");
  dns_.AddAddress("b.test", "192.0.2.1");
  EXPECT_THAT(*Addresses("a.test"), ElementsAre("192.0.2.1"));
}

TEST_F(MxResolverTest, NoAddresses) {
  EXPECT_THAT(*Addresses("nowhere.test"), IsEmpty());
  EXPECT_THAT(*Addresses("not a name"), IsEmpty());
}

TEST_F(MxResolverTest, AddressesNeedAnAnswerOfOneFamily) {
  dns_.AddAddress("a.test", "192.0.2.1");
  dns_.SetServfail("a.test", DnsType::kAaaa);
  EXPECT_THAT(*Addresses("a.test"), ElementsAre("192.0.2.1"));
  dns_.SetTimeout("a.test", DnsType::kA);
  EXPECT_EQ(Addresses("a.test").status().code(), absl::StatusCode::kUnavailable);
  // No IPv6, and IPv4 unknown: it may have an address.
  dns_.AddName("b.test");
  dns_.SetServfail("b.test", DnsType::kA);
  EXPECT_EQ(Addresses("b.test").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(MxResolverTest, AddressesAreBounded) {
  for (int i = 0; i < 200; ++i) {
    dns_.AddAddress("a.test", absl::StrCat("192.0.2.", i));
    dns_.AddAddress("a.test", absl::StrCat("2001:db8::", i));
  }
  EXPECT_THAT(*Addresses("a.test"), SizeIs(16));
}

TEST_F(MxResolverTest, MalformedAddressRecordsAreSkipped) {
  dns_.AddRecord("a.test", DnsType::kA, "abc");
  dns_.AddRecord("a.test", DnsType::kAaaa, "abcd");
  dns_.AddAddress("a.test", "192.0.2.1");
  EXPECT_THAT(*Addresses("a.test"), ElementsAre("192.0.2.1"));
}

TEST_F(MxResolverTest, AddressOfALiteralIsItself) {
  EXPECT_THAT(*Addresses("192.0.2.1"), ElementsAre("192.0.2.1"));
  EXPECT_THAT(*Addresses("2001:db8::1"), ElementsAre("2001:db8::1"));
}

}  // namespace
}  // namespace mailstrom::delivery
