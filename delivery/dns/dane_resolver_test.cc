#include "delivery/dns/dane_resolver.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using Kind = DaneHost::Kind;

class DaneResolverTest : public testing::Test {
 protected:
  static std::string Record(int usage) {
    return absl::StrCat(std::string(1, static_cast<char>(usage)), "\x01\x01", std::string(32, 'x'));
  }

  // A host in a signed zone, with its address.
  void AddSigned(const std::string& name) {
    dns_.AddAddress(name, "192.0.2.1");
    dns_.SetAuthenticated(name, DnsType::kA);
  }

  void AddTlsa(const std::string& name, int usage = 3) {
    dns_.AddRecord("_25._tcp." + name, DnsType::kTlsa, Record(usage));
    dns_.SetAuthenticated("_25._tcp." + name, DnsType::kTlsa);
  }

  absl::StatusOr<DaneHost> Resolve(const std::string& host) {
    return *loop_.Run(resolver_.Resolve(host, 25));
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  FakeDnsClient dns_{clock_};
  DaneResolver resolver_{dns_};
};

TEST_F(DaneResolverTest, FindsRecordsOfASignedHost) {
  AddSigned("mx.test");
  AddTlsa("mx.test");
  const auto dane = Resolve("mx.test");
  ASSERT_TRUE(dane.ok()) << dane.status();
  EXPECT_EQ(dane->kind, Kind::kAuthenticate);
  EXPECT_EQ(dane->base_domain, "mx.test");
  EXPECT_EQ(dane->records.size(), 1u);
}

TEST_F(DaneResolverTest, HostWithoutRecordsAsksForNothing) {
  AddSigned("mx.test");
  EXPECT_EQ(Resolve("mx.test")->kind, Kind::kNone);
}

TEST_F(DaneResolverTest, UnusableRecordsStillAskForTls) {
  AddSigned("mx.test");
  AddTlsa("mx.test", 1);
  EXPECT_EQ(Resolve("mx.test")->kind, Kind::kEncrypt);
}

TEST_F(DaneResolverTest, WhatIsNotProvedDoesNotCount) {
  AddSigned("mx.test");
  dns_.AddRecord("_25._tcp.mx.test", DnsType::kTlsa, Record(3));
  EXPECT_EQ(Resolve("mx.test")->kind, Kind::kNone);
}

TEST_F(DaneResolverTest, UnsignedHostsAreNotAsked) {
  dns_.AddAddress("mx.test", "192.0.2.1");
  dns_.SetServfail("_25._tcp.mx.test");
  EXPECT_EQ(Resolve("mx.test")->kind, Kind::kNone);
  EXPECT_EQ(dns_.query_count("_25._tcp.mx.test", DnsType::kTlsa), 0);
}

TEST_F(DaneResolverTest, NoAnswerIsNoExcuse) {
  AddSigned("mx.test");
  dns_.SetServfail("_25._tcp.mx.test");
  EXPECT_TRUE(absl::IsUnavailable(Resolve("mx.test").status()));
}

// RFC 7672 §2.2.3: first where the alias leads, then the alias itself.
TEST_F(DaneResolverTest, AliasWithinSignedZones) {
  dns_.AddCname("mx.test", "real.test");
  AddSigned("real.test");
  AddTlsa("mx.test");
  auto dane = Resolve("mx.test");
  EXPECT_EQ(dane->kind, Kind::kAuthenticate);
  EXPECT_EQ(dane->base_domain, "mx.test");
  AddTlsa("real.test");
  dane = Resolve("mx.test");
  EXPECT_EQ(dane->base_domain, "real.test");
}

TEST_F(DaneResolverTest, AliasOutOfASignedZone) {
  dns_.AddCname("mx.test", "real.test");
  dns_.AddAddress("real.test", "192.0.2.1");
  AddTlsa("mx.test");
  AddTlsa("real.test");
  EXPECT_EQ(Resolve("mx.test")->kind, Kind::kNone) << "neither end is proved";
  dns_.SetAuthenticated("mx.test", DnsType::kCname);
  const auto dane = Resolve("mx.test");
  EXPECT_EQ(dane->kind, Kind::kAuthenticate);
  EXPECT_EQ(dane->base_domain, "mx.test");
}

}  // namespace
}  // namespace mailstrom::delivery
