// What domains and their DNS ask of the TLS with their hosts.

#include <string>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST_F(EngineTest, DeliversInClearAfterABrokenHandshakeAndRemembers) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.keywords = {"STARTTLS"};
  host.tls_status = absl::FailedPreconditionError("bad record");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(Read(id).last_attempt->tls, "");
  EXPECT_EQ(host.connections, 2);
  Send({"bob@a.test"});
  loop_.Advance(absl::Minutes(1));
  Send({"carl@a.test"});
  loop_.Settle();
  EXPECT_EQ(host.mails.size(), 3u);
  EXPECT_EQ(host.connections, 3);
}

TEST_F(EngineTest, UsesTlsWhereItWorks) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.keywords = {"STARTTLS"};
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(Read(id).last_attempt->tls, "TLSv1.3 TLS_AES_128_GCM_SHA256");
  EXPECT_TRUE(host.mails.at(0).tls);
}

TEST_F(EngineTest, RequiredTlsIsNeverGivenUp) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.keywords = {"STARTTLS"};
  host.tls_status = absl::FailedPreconditionError("bad record");
  EngineOptions options = Options();
  options.tls = smtp::TlsMode::kRequire;
  StartEngine(options);
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDeferred);
  EXPECT_EQ(Read(id).last_attempt->phase, Phase::kTls);
  EXPECT_TRUE(host.mails.empty());
}

class EngineTlsTest : public EngineTest {
 protected:
  EngineTlsTest() : host_(AddHost("a.test", "mx.a.test", 10, "192.0.2.1")) {
    host_.keywords = {"STARTTLS"};
  }

  // a.test has this MTA-STS policy.
  void AddPolicy(const std::string& mode, const std::string& mx) {
    dns_.AddTxt("_mta-sts.a.test", "v=STSv1; id=1");
    dns_.AddAddress("mta-sts.a.test", "198.51.100.1");
    const std::string text =
        absl::StrCat("version: STSv1\nmode: ", mode, "\nmx: ", mx, "\nmax_age: 86400\n");
    connector_.AddScript("198.51.100.1")
        .StartTls()
        .Expect("GET /.well-known/mta-sts.txt HTTP/1.1")
        .Expect("Host: mta-sts.a.test")
        .Expect("User-Agent: Mailstrom")
        .Expect("Accept: text/plain")
        .Expect("Connection: close")
        .Expect("")
        .Send(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ",
                           text.size(), "\r\n\r\n", text));
  }

  void AddTlsa() {
    dns_.SetAuthenticated("a.test", DnsType::kMx);
    dns_.SetAuthenticated("mx.a.test", DnsType::kA);
    dns_.AddRecord("_25._tcp.mx.a.test", DnsType::kTlsa, "\x03\x01\x01" + std::string(32, 'x'));
    dns_.SetAuthenticated("_25._tcp.mx.a.test", DnsType::kTlsa);
  }

  // The state after a moment.
  Recipient SendOne() {
    StartEngine();
    const std::string id = Send({"ann@a.test"});
    loop_.Advance(absl::Seconds(1));
    return Read(id);
  }

  FakeMailHost& host_;
};

TEST_F(EngineTlsTest, EnforcedPolicyVerifies) {
  AddPolicy("enforce", "mx.a.test");
  EXPECT_EQ(SendOne().state, RecipientState::kDelivered);
  EXPECT_TRUE(host_.tls_parameters.verify);
}

TEST_F(EngineTlsTest, EnforcedPolicyNeverGoesInClear) {
  AddPolicy("enforce", "mx.a.test");
  host_.tls_status = absl::FailedPreconditionError("certificate: expired");
  const Recipient recipient = SendOne();
  EXPECT_EQ(recipient.state, RecipientState::kDeferred);
  EXPECT_EQ(recipient.last_attempt->phase, Phase::kTls);
  EXPECT_TRUE(host_.mails.empty());
}

TEST_F(EngineTlsTest, HostsThatThePolicyDoesNotAllowGetNothing) {
  AddPolicy("enforce", "other.test");
  const Recipient recipient = SendOne();
  EXPECT_EQ(recipient.state, RecipientState::kDeferred);
  EXPECT_EQ(recipient.last_attempt->description.substr(0, 5), "4.7.5");
  EXPECT_EQ(host_.connections, 0);
}

TEST_F(EngineTlsTest, TestingPolicyBlocksNothing) {
  AddPolicy("testing", "other.test");
  host_.tls_status = absl::FailedPreconditionError("certificate: expired");
  EXPECT_EQ(SendOne().state, RecipientState::kDelivered);
}

TEST_F(EngineTlsTest, DaneGoesBeforeMtaSts) {
  AddPolicy("enforce", "mx.a.test");
  AddTlsa();
  EXPECT_EQ(SendOne().state, RecipientState::kDelivered);
  EXPECT_EQ(host_.tls_parameters.tlsa_records.size(), 1u);
  EXPECT_FALSE(host_.tls_parameters.verify) << "public roots play no part";
}

// A policy belongs to the domain: another one on the same hosts is not bound by it.
TEST_F(EngineTlsTest, PolicyBindsItsDomainOnly) {
  AddPolicy("enforce", "mx.a.test");
  dns_.AddMx("b.test", 10, "mx.a.test");
  host_.tls_status = absl::FailedPreconditionError("certificate: expired");
  StartEngine();
  const std::string id = Send({"ann@a.test", "bob@b.test"});
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(StateOf(id, 0), RecipientState::kDeferred);
  EXPECT_EQ(StateOf(id, 1), RecipientState::kDelivered);
}

TEST_F(EngineTlsTest, DrainDoesNotWaitForAPolicy) {
  dns_.AddTxt("_mta-sts.a.test", "v=STSv1; id=1");
  dns_.AddAddress("mta-sts.a.test", "198.51.100.1");
  connector_.BlackHole("198.51.100.1");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_TRUE(Drain(absl::Seconds(30)));
  EXPECT_EQ(StateOf(id), RecipientState::kQueued);
}

}  // namespace
}  // namespace mailstrom::delivery
