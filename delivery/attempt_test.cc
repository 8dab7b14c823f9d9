#include "delivery/attempt.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asio/awaitable.hpp"
#include "delivery/fake_mail_host.h"
#include "delivery/session_closer.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_connector.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using storage::FailureCause;
using storage::Phase;
using Kind = Verdict::Kind;

class AttemptTest : public testing::Test {
 protected:
  AttemptTest() {
    options_.hello_name = "me.test";
    policy_.recipients_per_transaction = 3;
  }

  FakeMailHost& AddHost(const std::string& name, const std::string& address) {
    dns_.AddAddress(name, address);
    return Serve(address);
  }

  FakeMailHost& Serve(const std::string& address) {
    auto host = std::make_unique<FakeMailHost>(clock_);
    connector_.Serve(address, [host = host.get()](const Endpoint&) { return host->Connect(); });
    servers_.push_back(std::move(host));
    return *servers_.back();
  }

  std::unique_ptr<Attempt> MakeAttempt(std::vector<MxHost> hosts,
                                       std::vector<std::string> forward_paths) {
    AttemptRequest request;
    request.site =
        MakeSite(std::move(hosts), std::make_shared<SitePolicy>(policy_), authenticated_);
    request.message.reverse_path = "me@me.test";
    request.message.forward_paths = std::move(forward_paths);
    request.message.message = std::make_shared<const std::string>("Subject: hi\r\n\r\nhi\r\n");
    return std::make_unique<Attempt>(context_, std::move(request));
  }

  AttemptResult Run(std::vector<MxHost> hosts, std::vector<std::string> forward_paths) {
    const auto attempt = MakeAttempt(std::move(hosts), std::move(forward_paths));
    std::optional<AttemptResult> result = loop_.Run(attempt->Run());
    EXPECT_TRUE(result.has_value()) << "the attempt hangs";
    return result ? *std::move(result) : AttemptResult();
  }

  // A letter each: delivered, failed, temporarily failed, doubtful.
  static std::string Kinds(const AttemptResult& result) {
    std::string kinds;
    for (const AttemptOutcome& outcome : result.recipients) {
      EXPECT_TRUE(outcome.settled);
      kinds += outcome.verdict.in_doubt                   ? '?'
               : outcome.verdict.kind == Kind::kDelivered ? 'd'
               : outcome.verdict.kind == Kind::kFailed    ? 'f'
                                                          : 't';
    }
    return kinds;
  }

  EngineOptions options_;
  SitePolicy policy_;
  // The MX was proved by DNSSEC.
  bool authenticated_ = false;
  FakeClock clock_;
  FakeLoop loop_{clock_};
  DeterministicRandom random_;
  FakeDnsClient dns_{clock_};
  FakeConnector connector_{clock_};
  std::vector<std::unique_ptr<FakeMailHost>> servers_;
  MxResolver resolver_{dns_, random_, {}};
  DaneResolver dane_{dns_};
  DestinationFilter filter_{false};
  ExpiringSet broken_starttls_{100};
  ExpiringSet unreachable_{100};
  SessionCloser closer_{loop_.io().get_executor(), [](const std::string&) {}};
  ConnectionCache connections_{
      clock_, absl::Seconds(5), 10,
      [this](std::unique_ptr<smtp::Session> session, const std::string& site_key) {
        closer_.Close(std::move(session), site_key);
      }};
  static asio::awaitable<void> AtOnce() { co_return; }

  AttemptContext context_{options_,
                          clock_,
                          clock_,
                          random_,
                          resolver_,
                          dane_,
                          filter_,
                          connector_,
                          connections_,
                          broken_starttls_,
                          unreachable_,
                          [](std::string, std::string) { return AtOnce(); },
                          [](std::string, std::string) { return AtOnce(); }};
};

TEST_F(AttemptTest, SplitsRecipientsIntoTransactions) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  const AttemptResult result =
      Run({{"mx.test", 1}}, {"1@a.test", "2@a.test", "3@a.test", "4@a.test", "5@a.test"});
  EXPECT_EQ(Kinds(result), "ddddd");
  ASSERT_EQ(host.mails.size(), 2u);
  EXPECT_EQ(host.mails[0].forward_paths.size(), 3u);
  EXPECT_EQ(host.mails[1].forward_paths, (std::vector<std::string>{"4@a.test", "5@a.test"}));
  EXPECT_EQ(host.connections, 1);
  EXPECT_EQ(result.site_effect, Verdict::SiteEffect::kAlive);
}

TEST_F(AttemptTest, TooManyRecipientsGoIntoANewTransactionAtOnce) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  int accepted = 0;
  host.on_rcpt = [&](const std::string&) {
    return ++accepted % 3 == 0 ? "452 4.5.3 too many" : "250 2.1.5 ok";
  };
  const AttemptResult result =
      Run({{"mx.test", 1}}, {"1@a.test", "2@a.test", "3@a.test", "4@a.test"});
  EXPECT_EQ(Kinds(result), "dddd");
  EXPECT_EQ(host.connections, 1);
}

TEST_F(AttemptTest, ServerThatNeverTakesARecipientDefers) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return "452 4.5.3 too many"; };
  EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"1@a.test", "2@a.test"})), "tt");
  EXPECT_EQ(host.asked.size(), 2u);
}

TEST_F(AttemptTest, RefusedRecipientIsNotTriedAtTheNextHost) {
  FakeMailHost& first = AddHost("mx1.test", "192.0.2.1");
  FakeMailHost& second = AddHost("mx2.test", "192.0.2.2");
  first.on_rcpt = [](const std::string& path) {
    if (path == "gone@a.test") return "550 5.1.1 unknown";
    return path == "grey@a.test" ? "450 4.7.1 greylisted" : "250 2.1.5 ok";
  };
  const AttemptResult result =
      Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"gone@a.test", "grey@a.test", "fine@a.test"});
  EXPECT_EQ(Kinds(result), "ftd");
  EXPECT_EQ(second.connections, 0);
  EXPECT_EQ(result.recipients[1].record.reply->code, 450);
  EXPECT_EQ(result.recipients[1].record.phase, Phase::kRcpt);
  EXPECT_EQ(result.recipients[1].record.mx_host, "mx1.test");
}

TEST_F(AttemptTest, Closing421SendsOnlyTheUnansweredOn) {
  FakeMailHost& first = AddHost("mx1.test", "192.0.2.1");
  FakeMailHost& second = AddHost("mx2.test", "192.0.2.2");
  first.keywords = {};
  first.on_rcpt = [](const std::string& path) {
    return path == "gone@a.test" ? "550 5.1.1 unknown" : "421 4.3.2 shutting down";
  };
  const AttemptResult result =
      Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"gone@a.test", "b@a.test", "c@a.test"});
  EXPECT_EQ(Kinds(result), "fdd");
  ASSERT_EQ(second.mails.size(), 1u);
  EXPECT_EQ(second.mails[0].forward_paths, (std::vector<std::string>{"b@a.test", "c@a.test"}));
  EXPECT_EQ(result.recipients[0].record.mx_host, "mx1.test");
  EXPECT_EQ(result.recipients[1].record.mx_host, "mx2.test");
  EXPECT_EQ(result.site_effect, Verdict::SiteEffect::kBusy);
}

TEST_F(AttemptTest, RefusedGreetingTriesTheNextHostThenDefers) {
  FakeMailHost& first = AddHost("mx1.test", "192.0.2.1");
  FakeMailHost& second = AddHost("mx2.test", "192.0.2.2");
  first.greeting = "554 5.7.1 go away";
  EXPECT_EQ(Kinds(Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"a@a.test"})), "d");
  second.greeting = "554 5.7.1 go away too";
  const AttemptResult result = Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"b@a.test"});
  EXPECT_EQ(Kinds(result), "d") << "over the connection that is open still";
  loop_.Advance(absl::Minutes(1));
  const AttemptResult refused = Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"b@a.test"});
  EXPECT_EQ(Kinds(refused), "t");
  EXPECT_EQ(refused.recipients[0].record.reply->code, 554);
}

TEST_F(AttemptTest, BrokenIpv6FallsBackToIpv4OnTheSameHost) {
  dns_.AddAddress("mx.test", "2001:db8::1");
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  connector_.BlackHole("2001:db8::1");
  const absl::Time start = clock_.Now();
  EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"a@a.test"})), "d");
  EXPECT_LE(clock_.Now() - start, absl::Seconds(5));
  EXPECT_EQ(host.mails.size(), 1u);
  loop_.Advance(absl::Seconds(10));
  const absl::Time second = clock_.Now();
  EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"b@a.test"})), "d");
  EXPECT_EQ(clock_.Now(), second) << "an address that did not answer just now comes last";
}

TEST_F(AttemptTest, UnreachableAddressesAreTriedWhenThereIsNothingElse) {
  dns_.AddAddress("mx.test", "192.0.2.1");
  EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"a@a.test"})), "t");
  Serve("192.0.2.1");
  EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"a@a.test"})), "d");
}

TEST_F(AttemptTest, HostsAndAddressesAreBounded) {
  std::vector<MxHost> hosts;
  for (int i = 0; i < 20; ++i) {
    hosts.push_back({absl::StrCat("mx", i, ".test"), i});
    dns_.AddAddress(hosts.back().name, absl::StrCat("192.0.2.", i));
    dns_.AddAddress(hosts.back().name, absl::StrCat("198.51.100.", i));
  }
  options_.limits.addresses_per_attempt = 3;
  EXPECT_EQ(Kinds(Run(hosts, {"a@a.test"})), "t");
  EXPECT_EQ(connector_.connects().size(), 3u);
  options_.limits.addresses_per_attempt = 100;
  options_.limits.hosts_per_attempt = 4;
  loop_.Advance(options_.unreachable_memory);
  Run(hosts, {"a@a.test"});
  EXPECT_EQ(connector_.connects().size(), 3u + 8u);
}

TEST_F(AttemptTest, HostsWithoutAddressAreSkipped) {
  FakeMailHost& host = AddHost("mx2.test", "192.0.2.2");
  dns_.AddName("mx1.test");
  EXPECT_EQ(Kinds(Run({{"mx0.test", 0}, {"mx1.test", 1}, {"mx2.test", 2}}, {"a@a.test"})), "d");
  EXPECT_EQ(host.mails.size(), 1u);
  const AttemptResult none = Run({{"mx0.test", 0}, {"mx1.test", 1}}, {"a@a.test"});
  EXPECT_EQ(Kinds(none), "f");
  EXPECT_EQ(none.recipients[0].verdict.cause, FailureCause::kBadDomain);
}

TEST_F(AttemptTest, HostThatMayComeBackOutweighsForbiddenOnes) {
  dns_.AddAddress("mx1.test", "192.0.2.1");
  dns_.AddAddress("mx2.test", "10.0.0.1");
  EXPECT_EQ(Kinds(Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"a@a.test"})), "t");
  const AttemptResult forbidden = Run({{"mx2.test", 2}}, {"a@a.test"});
  EXPECT_EQ(Kinds(forbidden), "f");
  EXPECT_EQ(forbidden.recipients[0].verdict.cause, FailureCause::kSuppressed);
  EXPECT_EQ(connector_.connect_count("10.0.0.1"), 0);
}

TEST_F(AttemptTest, DroppedConnectionBeforeTheMessageTriesTheNextHost) {
  FakeMailHost& first = AddHost("mx1.test", "192.0.2.1");
  FakeMailHost& second = AddHost("mx2.test", "192.0.2.2");
  first.on_data = [] { return ""; };
  EXPECT_EQ(Kinds(Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"a@a.test"})), "d");
  EXPECT_EQ(second.mails.size(), 1u);
}

TEST_F(AttemptTest, DroppedConnectionAfterTheMessageDoesNot) {
  FakeMailHost& first = AddHost("mx1.test", "192.0.2.1");
  FakeMailHost& second = AddHost("mx2.test", "192.0.2.2");
  first.on_message = [](const FakeMailHost::Mail&) { return ""; };
  EXPECT_EQ(Kinds(Run({{"mx1.test", 1}, {"mx2.test", 2}}, {"a@a.test", "b@a.test"})), "??");
  EXPECT_EQ(second.connections, 0);
}

TEST_F(AttemptTest, ServerThatInsistsOnTlsIsNotABounceAfterAFallback) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  host.keywords = {"STARTTLS"};
  host.tls_status = absl::FailedPreconditionError("no common cipher");
  host.on_mail = [](const std::string&) { return "530 5.7.0 Must issue a STARTTLS command first"; };
  EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"a@a.test"})), "t");
}

TEST_F(AttemptTest, AbortBeforeAnAnswerSettlesNothing) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  host.on_rcpt = [](const std::string& path) {
    return path == "gone@a.test" ? "550 5.1.1 unknown" : FakeMailHost::kSilence;
  };
  const auto attempt = MakeAttempt({{"mx.test", 1}}, {"gone@a.test", "a@a.test"});
  clock_.Set(absl::Seconds(1), [&] {
    EXPECT_FALSE(attempt->abandonable());
    attempt->Abort();
  });
  const absl::Time start = clock_.Now();
  const std::optional<AttemptResult> result = loop_.Run(attempt->Run());
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(clock_.Now(), start + absl::Seconds(1));
  EXPECT_FALSE(result->recipients[1].settled);
}

TEST_F(AttemptTest, AbortAfterTheMessageLeavesDoubt) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  host.on_message = [](const FakeMailHost::Mail&) { return FakeMailHost::kSilence; };
  const auto attempt = MakeAttempt({{"mx.test", 1}}, {"a@a.test"});
  clock_.Set(absl::Seconds(1), [&] { attempt->Abort(); });
  const std::optional<AttemptResult> result = loop_.Run(attempt->Run());
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(Kinds(*result), "?");
}

TEST_F(AttemptTest, KeepsConnectionsWithinTheirLimit) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  policy_.emails_per_connection = 2;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"a@a.test"})), "d");
  EXPECT_EQ(host.connections, 3);
}

// Whatever was agreed on with a peer holds for the same name, TLS and credentials only.
TEST_F(AttemptTest, ConnectionServesOnlyWhatItWasMadeFor) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  dns_.AddAddress("other.test", "192.0.2.1");
  host.keywords = {"STARTTLS"};
  int connections = 0;
  for (const smtp::TlsMode tls : {smtp::TlsMode::kNone, smtp::TlsMode::kOpportunistic,
                                  smtp::TlsMode::kRequire, smtp::TlsMode::kVerify}) {
    policy_.tls = tls;
    for (const char* name : {"mx.test", "other.test"}) {
      ++connections;
      for (int i = 0; i < 2; ++i) EXPECT_EQ(Kinds(Run({{name, 1}}, {"a@a.test"})), "d");
      EXPECT_EQ(host.connections, connections) << name;
    }
  }
  policy_.credentials = smtp::Credentials{"me", "secret", "", false};
  EXPECT_EQ(Kinds(Run({{"mx.test", 1}}, {"a@a.test"})), "t") << "nobody can log in here";
}

TEST_F(AttemptTest, RelayIsSpokenWithAsItsPolicySays) {
  dns_.AddAddress("relay.test", "10.0.0.1");
  policy_.port = 587;
  policy_.trusted = true;
  policy_.tls = smtp::TlsMode::kVerify;
  policy_.credentials = smtp::Credentials{"me", "secret", "", false};
  ScriptedPeer& relay = connector_.AddScript("10.0.0.1");
  relay.Greet("me.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Reply("220 go")
      .StartTls()
      .Hello("me.test", {"AUTH PLAIN"})
      .Expect("AUTH PLAIN AG1lAHNlY3JldA==")
      .Reply("235 2.7.0 welcome")
      .Expect("MAIL FROM:<me@me.test>")
      .Reply("250 ok")
      .Expect("RCPT TO:<a@a.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage("Subject: hi\r\n\r\nhi\r\n")
      .Reply("250 taken");
  EXPECT_EQ(Kinds(Run({{"relay.test", 0}}, {"a@a.test"})), "d");
  EXPECT_EQ(connector_.ScriptErrors(), "");
  EXPECT_EQ(connector_.connects()[0].peer.port, 587);
}

TEST_F(AttemptTest, RefusedCredentialsAreNoBounce) {
  FakeMailHost& host = AddHost("relay.test", "192.0.2.1");
  host.keywords = {"AUTH PLAIN"};
  policy_.tls = smtp::TlsMode::kNone;
  policy_.credentials = smtp::Credentials{"me", "secret", "", true};
  const AttemptResult result = Run({{"relay.test", 0}}, {"a@a.test"});
  EXPECT_EQ(Kinds(result), "t");
  EXPECT_EQ(result.recipients[0].record.phase, Phase::kAuth);
  EXPECT_TRUE(host.mails.empty());
}

TEST_F(AttemptTest, RulesMaySuspendASite) {
  FakeMailHost& host = AddHost("mx.test", "192.0.2.1");
  host.on_mail = [](const std::string&) { return "451 4.7.650 you are on our list"; };
  ReplyRule rule;
  rule.text = "on our list";
  rule.action = ReplyRule::Action::kSuspend;
  rule.suspend_for = absl::Hours(3);
  policy_.reply_rules = {rule};
  const AttemptResult result = Run({{"mx.test", 0}}, {"a@a.test"});
  EXPECT_EQ(Kinds(result), "t");
  EXPECT_EQ(result.suspend_site, absl::Hours(3));
}

class DaneAttemptTest : public AttemptTest {
 protected:
  DaneAttemptTest() : host_(AddHost("mx.test", "192.0.2.1")) {
    host_.keywords = {"STARTTLS"};
    dns_.SetAuthenticated("mx.test", DnsType::kA);
    dns_.AddRecord("_25._tcp.mx.test", DnsType::kTlsa, "\x03\x01\x01" + std::string(32, 'x'));
    dns_.SetAuthenticated("_25._tcp.mx.test", DnsType::kTlsa);
  }

  AttemptResult RunDane(bool authenticated = true) {
    authenticated_ = authenticated;
    return Run({{"mx.test", 10}}, {"ann@a.test"});
  }

  FakeMailHost& host_;
};

TEST_F(DaneAttemptTest, TlsaRecordsStandForVerification) {
  EXPECT_EQ(Kinds(RunDane()), "d");
  EXPECT_EQ(host_.tls_parameters.tlsa_records.size(), 1u);
  EXPECT_EQ(host_.tls_parameters.server_name, "mx.test");
  EXPECT_TRUE(host_.mails[0].tls);
}

TEST_F(DaneAttemptTest, ConnectionWithoutProofIsNotUsed) {
  policy_.tls = smtp::TlsMode::kRequire;
  EXPECT_EQ(Kinds(RunDane(false)), "d");
  EXPECT_EQ(Kinds(RunDane()), "d");
  EXPECT_EQ(host_.connections, 2);
}

TEST_F(DaneAttemptTest, NeverGoesOnInClear) {
  host_.tls_status = absl::FailedPreconditionError("certificate: no TLSA record holds for it");
  const AttemptResult result = RunDane();
  EXPECT_EQ(Kinds(result), "t");
  EXPECT_TRUE(host_.mails.empty());
  EXPECT_EQ(result.recipients[0].record.phase, Phase::kTls);
  host_.tls_status = absl::OkStatus();
  host_.keywords.clear();
  EXPECT_EQ(Kinds(RunDane()), "t") << "nor when somebody took STARTTLS away";
  EXPECT_TRUE(host_.mails.empty());
}

TEST_F(DaneAttemptTest, DefersWhenDnsDoesNotSay) {
  dns_.SetServfail("_25._tcp.mx.test");
  const AttemptResult result = RunDane();
  EXPECT_EQ(Kinds(result), "t");
  EXPECT_EQ(host_.connections, 0);
  EXPECT_EQ(result.recipients[0].record.description.substr(0, 5), "4.7.5");
}

TEST_F(DaneAttemptTest, CountsOnlyWhereTheMxIsProved) {
  EXPECT_EQ(Kinds(RunDane(false)), "d");
  EXPECT_TRUE(host_.tls_parameters.tlsa_records.empty());
}

TEST_F(DaneAttemptTest, OperatorsDecisionGoesBefore) {
  policy_.tls = smtp::TlsMode::kNone;
  EXPECT_EQ(Kinds(RunDane()), "d");
  EXPECT_FALSE(host_.mails[0].tls);
}

TEST_F(AttemptTest, RecordsWhenAndWhere) {
  AddHost("mx.test", "192.0.2.1");
  const absl::Time start = clock_.Now();
  const AttemptResult result = Run({{"mx.test", 1}}, {"a@a.test"});
  const storage::Attempt& record = result.recipients[0].record;
  EXPECT_EQ(record.start_time, start);
  EXPECT_EQ(record.end_time, clock_.Now());
  EXPECT_EQ(record.mx_address, "192.0.2.1");
  EXPECT_EQ(record.phase, Phase::kData);
  EXPECT_EQ(record.reply->text, "taken");
}

}  // namespace
}  // namespace mailstrom::delivery
