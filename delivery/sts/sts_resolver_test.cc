#include "delivery/sts/sts_resolver.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_connector.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

constexpr char kHost[] = "198.51.100.1";

class StsResolverTest : public testing::Test {
 protected:
  StsResolverTest() {
    const char* const base = std::getenv("TEST_TMPDIR");
    directory_ = absl::StrCat(base == nullptr ? "/tmp" : base, "/",
                              testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(directory_);
    dns_.AddAddress("mta-sts.a.test", kHost);
    SetId("1");
    Restart();
  }

  void SetId(const std::string& id) {
    dns_.Remove("_mta-sts.a.test");
    dns_.AddTxt("_mta-sts.a.test", absl::StrCat("v=STSv1; id=", id));
  }

  // As after a restart of the server.
  void Restart() {
    resolver_ = std::make_unique<StsResolver>(
        dns_, clock_, StsFetcher(dns_, random_, DestinationFilter(filter_), connector_, clock_),
        StsCache(directory_, 100, clock_.Now()), [this] { ++fetched_; });
  }

  ScriptedPeer& Serve(const std::string& response) {
    return connector_.AddScript(kHost)
        .StartTls()
        .Expect("GET /.well-known/mta-sts.txt HTTP/1.1")
        .Expect("Host: mta-sts.a.test")
        .Expect("User-Agent: Mailstrom")
        .Expect("Accept: text/plain")
        .Expect("Connection: close")
        .Expect("")
        .Send(response)
        .ExpectClose();
  }

  ScriptedPeer& ServePolicy(const std::string& mode, int max_age_seconds = 86400) {
    const std::string text = absl::StrCat("version: STSv1\nmode: ", mode,
                                          "\nmx: mx.a.test\nmax_age: ", max_age_seconds, "\n");
    return Serve(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ",
                              text.size(), "\r\n\r\n", text));
  }

  bool MustVerify() {
    MxRoute route;
    route.kind = MxRoute::Kind::kHosts;
    route.hosts = {{"mx.a.test", 10}};
    const std::optional<MxRoute> applied = loop_.Run(resolver_->Apply(route, "a.test"));
    EXPECT_TRUE(applied.has_value()) << "hangs";
    EXPECT_EQ(applied->hosts.size(), 1u);
    return applied->must_verify;
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  DeterministicRandom random_;
  FakeDnsClient dns_{clock_};
  FakeConnector connector_{clock_};
  DestinationFilter::Options filter_;
  std::string directory_;
  std::unique_ptr<StsResolver> resolver_;
  int fetched_ = 0;
};

TEST_F(StsResolverTest, FetchesOnceByVerifiedHttps) {
  ScriptedPeer& peer = ServePolicy("enforce");
  EXPECT_TRUE(MustVerify());
  EXPECT_TRUE(peer.tls_parameters().verify);
  EXPECT_EQ(peer.tls_parameters().server_name, "mta-sts.a.test");
  EXPECT_EQ(connector_.connects()[0].peer.port, 443);
  EXPECT_TRUE(MustVerify());
  EXPECT_EQ(connector_.ScriptErrors(), "");
  EXPECT_EQ(connector_.connects().size(), 1u);
}

TEST_F(StsResolverTest, DomainWithoutRecordIsNotAsked) {
  dns_.Remove("_mta-sts.a.test");
  EXPECT_FALSE(MustVerify());
  EXPECT_TRUE(connector_.connects().empty());
}

TEST_F(StsResolverTest, PolicyIsNotFetchedFromThisHostItself) {
  filter_.own.push_back(AddressBlock::Parse(kHost).value());
  Restart();
  EXPECT_FALSE(MustVerify());
  EXPECT_TRUE(connector_.connects().empty());
}

TEST_F(StsResolverTest, TestingNeverBlocks) {
  ServePolicy("testing");
  EXPECT_FALSE(MustVerify());
}

TEST_F(StsResolverTest, PolicyOutlivesItsRecordUntilMaxAge) {
  ServePolicy("enforce", 3600);
  EXPECT_TRUE(MustVerify());
  dns_.Remove("_mta-sts.a.test");
  loop_.Advance(absl::Minutes(59));
  EXPECT_TRUE(MustVerify()) << "or taking the record away would take the protection away";
  dns_.SetServfail("_mta-sts.a.test");
  EXPECT_TRUE(MustVerify());
  loop_.Advance(absl::Minutes(2));
  EXPECT_FALSE(MustVerify());
}

TEST_F(StsResolverTest, PolicySurvivesARestart) {
  ServePolicy("enforce");
  EXPECT_TRUE(MustVerify());
  dns_.Remove("_mta-sts.a.test");
  Restart();
  EXPECT_TRUE(MustVerify());
  loop_.Advance(absl::Hours(25));
  Restart();
  EXPECT_FALSE(MustVerify());
}

TEST_F(StsResolverTest, NewIdBringsTheNewPolicy) {
  ServePolicy("enforce");
  EXPECT_TRUE(MustVerify());
  SetId("2");
  ServePolicy("none");
  EXPECT_FALSE(MustVerify());
  EXPECT_EQ(connector_.connects().size(), 2u);
}

TEST_F(StsResolverTest, FailedFetchKeepsTheOldPolicyAndPauses) {
  ServePolicy("enforce");
  EXPECT_TRUE(MustVerify());
  SetId("2");
  connector_.Refuse(kHost);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(MustVerify());
  EXPECT_EQ(connector_.connects().size(), 2u) << "not at each attempt";
  loop_.Advance(absl::Minutes(6));
  EXPECT_TRUE(MustVerify());
  EXPECT_EQ(connector_.connects().size(), 3u);
}

TEST_F(StsResolverTest, WithoutAValidCertificateThereIsNoPolicy) {
  connector_.AddScript(kHost).StartTls(absl::FailedPreconditionError("certificate: expired"));
  EXPECT_FALSE(MustVerify());
}

TEST_F(StsResolverTest, BadServersDoNotHoldUpMail) {
  const auto takes = [this] {
    const absl::Time start = clock_.Now();
    EXPECT_FALSE(MustVerify());
    loop_.Advance(absl::Minutes(6));
    return clock_.Now() - start - absl::Minutes(6);
  };
  connector_.AddScript(kHost).StartTls().Stall();
  EXPECT_LE(takes(), absl::Minutes(1)) << "silent";
  connector_.AddScript(kHost).StartTls().Trickle(std::string(1000, 'x'), absl::Seconds(5));
  EXPECT_LE(takes(), absl::Minutes(1)) << "slow";
  connector_.AddScript(kHost).StartTls().Send(std::string(1 << 20, 'x'));
  EXPECT_LE(takes(), absl::Minutes(1)) << "without end";
  connector_.AddScript(kHost).StartTls().Hangup();
  EXPECT_LE(takes(), absl::Minutes(1)) << "hangs up";
  EXPECT_EQ(resolver_->fetching(), 0);
}

TEST_F(StsResolverTest, IsNotAimedAtInternalHosts) {
  dns_.Remove("mta-sts.a.test");
  dns_.AddAddress("mta-sts.a.test", "10.0.0.1");
  EXPECT_FALSE(MustVerify());
  EXPECT_TRUE(connector_.connects().empty());
}

}  // namespace
}  // namespace mailstrom::delivery
