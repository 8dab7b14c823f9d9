#include "delivery/smtp/session.h"

#include <string>

#include "absl/status/status.h"
#include "delivery/smtp/session_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

using storage::Phase;
using ::testing::HasSubstr;

class SessionTest : public SessionFixture {
 protected:
  void ExpectFailure(const std::optional<Failure>& failure, Failed kind, Phase phase,
                     int code = 0) {
    ASSERT_TRUE(failure.has_value());
    EXPECT_EQ(failure->kind, kind) << failure->description;
    EXPECT_EQ(failure->phase, phase) << failure->description;
    EXPECT_EQ(failure->reply.has_value() ? failure->reply->code : 0, code);
    EXPECT_NE(failure->description, "");
    EXPECT_FALSE(session_->usable());
  }
};

TEST_F(SessionTest, OpensAndQuits) {
  peer_->Greet("me.test").Expect("QUIT").Reply("221 bye").Hangup().ExpectClose();
  EXPECT_FALSE(Open().has_value());
  EXPECT_TRUE(session_->usable());
  EXPECT_EQ(session_->tls(), "");
  EXPECT_TRUE(loop_.Run(session_->Quit()));
  EXPECT_FALSE(session_->usable());
}

TEST_F(SessionTest, QuitDoesNotInsistOnAnAnswer) {
  OpenWith({});
  peer_->Expect("QUIT").Stall();
  const absl::Time start = clock_.Now();
  EXPECT_TRUE(loop_.Run(session_->Quit()));
  EXPECT_LE(clock_.Now() - start, absl::Seconds(10));
}

TEST_F(SessionTest, GreetingOfSeveralLines) {
  peer_->Reply("220-mx.test\r\n220-says\r\n220 hello").Hello("me.test");
  EXPECT_FALSE(Open().has_value());
}

TEST_F(SessionTest, RefusalByGreetingSaysNothingButThat) {
  peer_->Reply("554 5.7.1 no service for you").ExpectClose();
  ExpectFailure(Open(), Failed::kReply, Phase::kHello, 554);
}

TEST_F(SessionTest, TemporaryGreeting) {
  peer_->Reply("421 too busy").ExpectClose();
  ExpectFailure(Open(), Failed::kReply, Phase::kHello, 421);
}

TEST_F(SessionTest, UnexpectedPositiveGreetingIsAProtocolError) {
  peer_->Reply("250 hello").ExpectClose();
  ExpectFailure(Open(), Failed::kProtocol, Phase::kHello, 250);
}

TEST_F(SessionTest, HeloAfter500And502Only) {
  for (const char* refusal : {"500 what?", "502 5.5.1 not implemented"}) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    peer_->Reply("220 mx")
        .Expect("EHLO me.test")
        .Reply(refusal)
        .Expect("HELO me.test")
        .Reply("250 mx");
    EXPECT_FALSE(Open().has_value()) << refusal;
    EXPECT_TRUE(peer_->done()) << peer_->error();
  }
  for (const char* refusal : {"550 5.7.1 no", "504 5.5.4 name?", "451 later", "421 closing"}) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    peer_->Reply("220 mx").Expect("EHLO me.test").Reply(refusal).ExpectClose();
    ExpectFailure(Open(), Failed::kReply, Phase::kHello, std::stoi(refusal));
    session_.reset();
    EXPECT_TRUE(peer_->done()) << peer_->error();
  }
}

TEST_F(SessionTest, HeloRefusedToo) {
  peer_->Reply("220 mx")
      .Expect("EHLO me.test")
      .Reply("502 no")
      .Expect("HELO me.test")
      .Reply("550 no");
  ExpectFailure(Open(), Failed::kReply, Phase::kHello, 550);
}

TEST_F(SessionTest, NothingIsOfferedAfterHelo) {
  peer_->Reply("220 mx")
      .Expect("EHLO me.test")
      .Reply("502 no")
      .Expect("HELO me.test")
      .Reply("250-mx\r\n250 SIZE 1");
  ASSERT_FALSE(Open().has_value());
  peer_->Expect("MAIL FROM:<a@me.test>")
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  EXPECT_EQ(Kinds(DeliverTo({"b@x.test"})), std::vector<Result>{Result::kDelivered});
}

TEST_F(SessionTest, StartTlsThenEhloAnew) {
  peer_->Greet("me.test", {"STARTTLS", "SIZE 1"})
      .Expect("STARTTLS")
      .Reply("220 go ahead")
      .StartTls()
      .Hello("me.test", {"SIZE 1000"});
  EXPECT_FALSE(Open().has_value());
  EXPECT_EQ(session_->tls(), "TLSv1.3 TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(peer_->tls_parameters().server_name, "mx.test");
  EXPECT_FALSE(peer_->tls_parameters().verify);
  // What was offered in clear no longer holds.
  peer_->Expect("MAIL FROM:<a@me.test> SIZE=22")
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  EXPECT_EQ(Kinds(DeliverTo({"b@x.test"})), std::vector<Result>{Result::kDelivered});
}

TEST_F(SessionTest, PlainBytesInjectedBehindStartTlsAreThrownAway) {
  peer_->Greet("me.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Send("220 go ahead\r\n250-evil.test\r\n250 AUTH PLAIN\r\n")
      .StartTls()
      .Hello("me.test")
      .Expect("MAIL FROM:<a@me.test>")
      .Reply("550 no");
  EXPECT_FALSE(Open().has_value());
  EXPECT_EQ(Codes(DeliverTo({"b@x.test"})), std::vector<int>{550});
}

TEST_F(SessionTest, PlainBytesStillInFlightBreakTheHandshake) {
  peer_->Greet("me.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Send("220 go ahead\r\n")
      .Send("250 evil.test\r\n")
      .ExpectClose();
  ExpectFailure(Open(), Failed::kTls, Phase::kTls);
}

TEST_F(SessionTest, NoTlsMeansNoStartTls) {
  options_.tls = TlsMode::kNone;
  OpenWith({"STARTTLS"});
  EXPECT_EQ(session_->tls(), "");
}

TEST_F(SessionTest, OpportunisticGoesOnInClearWhenRefused) {
  peer_->Greet("me.test", {"STARTTLS"}).Expect("STARTTLS").Reply("454 4.7.0 not now");
  EXPECT_FALSE(Open().has_value());
  EXPECT_EQ(session_->tls(), "");
}

TEST_F(SessionTest, FailedHandshakeIsATlsFailure) {
  peer_->Greet("me.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Reply("220 go")
      .StartTls(absl::FailedPreconditionError("no common cipher"))
      .ExpectClose();
  const std::optional<Failure> failure = Open();
  ExpectFailure(failure, Failed::kTls, Phase::kTls);
  EXPECT_THAT(failure->description, HasSubstr("no common cipher"));
}

TEST_F(SessionTest, ConnectionLostInTheHandshakeIsATlsFailure) {
  peer_->Greet("me.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Reply("220 go")
      .StartTls(absl::UnavailableError("connection reset"));
  ExpectFailure(Open(), Failed::kTls, Phase::kTls);
}

TEST_F(SessionTest, HandshakeWithoutEndTimesOut) {
  peer_->Greet("me.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Reply("220 go")
      .StartTls(absl::DeadlineExceededError("never"));
  const absl::Time start = clock_.Now();
  ExpectFailure(Open(), Failed::kTls, Phase::kTls);
  EXPECT_LE(clock_.Now() - start, options_.timeouts.tls);
}

TEST_F(SessionTest, RequiredTlsNotOffered) {
  for (const TlsMode mode : {TlsMode::kRequire, TlsMode::kVerify}) {
    options_.tls = mode;
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    peer_->Greet("me.test", {"SIZE"}).ExpectClose();
    ExpectFailure(Open(), Failed::kTls, Phase::kTls);
    session_.reset();
    EXPECT_TRUE(peer_->done()) << peer_->error();
  }
}

TEST_F(SessionTest, RequiredTlsRefused) {
  options_.tls = TlsMode::kRequire;
  peer_->Greet("me.test", {"STARTTLS"}).Expect("STARTTLS").Reply("454 4.7.0 not now").ExpectClose();
  ExpectFailure(Open(), Failed::kTls, Phase::kTls, 454);
}

TEST_F(SessionTest, VerifiedTlsAsksForVerification) {
  options_.tls = TlsMode::kVerify;
  peer_->Greet("me.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Reply("220 go")
      .StartTls()
      .Hello("me.test");
  EXPECT_FALSE(Open().has_value());
  EXPECT_TRUE(peer_->tls_parameters().verify);
}

TEST_F(SessionTest, AbortEndsACallUnderWay) {
  peer_->Stall();
  session_ =
      std::make_unique<Session>(clock_, std::make_unique<MemoryStream>(clock_, peer_), options_);
  clock_.Set(absl::Seconds(3), [this] { session_->Abort(); });
  const absl::Time start = clock_.Now();
  ExpectFailure(loop_.Run(session_->Open()).value(), Failed::kConnection, Phase::kHello);
  EXPECT_EQ(clock_.Now() - start, absl::Seconds(3));
}

// Rule 1: each phase has a time-out of its own, for a whole reply.
TEST_F(SessionTest, SilenceTimesOutInItsPhase) {
  options_.timeouts.greeting = absl::Seconds(11);
  options_.timeouts.hello = absl::Seconds(22);
  options_.timeouts.tls = absl::Seconds(33);
  struct Case {
    std::function<void(ScriptedPeer&)> script;
    absl::Duration want;
    Failed kind;
    Phase phase;
  };
  const Case kCases[] = {
      {[](ScriptedPeer& peer) { peer.Stall(); }, absl::Seconds(11), Failed::kTimeout,
       Phase::kHello},
      {[](ScriptedPeer& peer) { peer.Reply("220 mx").Expect("EHLO me.test").Stall(); },
       absl::Seconds(22), Failed::kTimeout, Phase::kHello},
      {[](ScriptedPeer& peer) { peer.Greet("me.test", {"STARTTLS"}).Expect("STARTTLS").Stall(); },
       absl::Seconds(33), Failed::kTls, Phase::kTls},
      // A byte now and then is no progress.
      {[](ScriptedPeer& peer) { peer.Trickle("220 mx.test ESMTP\r\n", absl::Seconds(5)).Stall(); },
       absl::Seconds(11), Failed::kTimeout, Phase::kHello},
  };
  for (const Case& c : kCases) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    c.script(*peer_);
    const absl::Time start = clock_.Now();
    ExpectFailure(Open(), c.kind, c.phase);
    EXPECT_EQ(clock_.Now() - start, c.want);
  }
  peer_ = std::make_shared<ScriptedPeer>(clock_);
}

TEST_F(SessionTest, TheWholeOpeningIsCapped) {
  options_.timeouts.call = absl::Minutes(7);
  // Each step within its time-out, all together beyond the cap.
  peer_->Wait(absl::Minutes(4))
      .Reply("220 mx")
      .Expect("EHLO me.test")
      .Wait(absl::Minutes(4))
      .Reply("250 mx");
  const absl::Time start = clock_.Now();
  ExpectFailure(Open(), Failed::kTimeout, Phase::kHello);
  EXPECT_EQ(clock_.Now() - start, absl::Minutes(7));
  loop_.Advance(absl::Minutes(1));
}

class SessionAuthTest : public SessionTest {
 protected:
  SessionAuthTest() {
    options_.tls = TlsMode::kVerify;
    options_.credentials = Credentials{"tim", "secret", "", false};
  }

  // Up to the EHLO under TLS.
  ScriptedPeer& Script(const std::vector<std::string>& keywords) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    return peer_->Greet("me.test", {"STARTTLS", "AUTH PLAIN LOGIN"})
        .Expect("STARTTLS")
        .Reply("220 go")
        .StartTls()
        .Hello("me.test", keywords);
  }
};

constexpr char kAuthPlain[] = "AUTH PLAIN AHRpbQBzZWNyZXQ=";

TEST_F(SessionAuthTest, AuthenticatesUnderVerifiedTls) {
  Script({"AUTH PLAIN LOGIN"}).Expect(kAuthPlain).Reply("235 2.7.0 welcome");
  EXPECT_FALSE(Open().has_value());
  EXPECT_TRUE(session_->usable());
}

TEST_F(SessionAuthTest, AnswersChallenges) {
  Script({"AUTH LOGIN"})
      .Expect("AUTH LOGIN")
      .Reply("334 VXNlcm5hbWU6")
      .Expect("dGlt")
      .Reply("334 UGFzc3dvcmQ6")
      .Expect("c2VjcmV0")
      .Reply("235 welcome");
  EXPECT_FALSE(Open().has_value());
}

TEST_F(SessionAuthTest, RefusalIsAFailureOfTheSession) {
  Script({"AUTH PLAIN"}).Expect(kAuthPlain).Reply("535 5.7.8 bad credentials").ExpectClose();
  const std::optional<Failure> failure = Open();
  ExpectFailure(failure, Failed::kReply, Phase::kAuth, 535);
  EXPECT_THAT(failure->description, ::testing::Not(HasSubstr("secret")));
}

TEST_F(SessionAuthTest, TokenIsRefusedAfterAnEmptyResponse) {
  options_.credentials = Credentials{"tim", "", "t", false};
  Script({"AUTH XOAUTH2"})
      .Expect("AUTH XOAUTH2 dXNlcj10aW0BYXV0aD1CZWFyZXIgdAEB")
      .Reply("334 eyJzdGF0dXMiOiI0MDEifQ==")
      .Expect("")
      .Reply("535 5.7.8 expired");
  ExpectFailure(Open(), Failed::kReply, Phase::kAuth, 535);
}

TEST_F(SessionAuthTest, ServerThatChallengesForEver) {
  Script({"AUTH LOGIN"})
      .Expect("AUTH LOGIN")
      .Reply("334 VXNlcm5hbWU6")
      .Expect("dGlt")
      .Reply("334 UGFzc3dvcmQ6")
      .Expect("c2VjcmV0")
      .Reply("334 TW9yZTo=");
  ExpectFailure(Open(), Failed::kProtocol, Phase::kAuth);
}

TEST_F(SessionAuthTest, ChallengeThatIsNoBase64) {
  Script({"AUTH LOGIN"}).Expect("AUTH LOGIN").Reply("334 Username: please");
  ExpectFailure(Open(), Failed::kProtocol, Phase::kAuth, 334);
}

TEST_F(SessionAuthTest, NoMechanismInCommon) {
  Script({"AUTH GSSAPI"});
  ExpectFailure(Open(), Failed::kUnsupported, Phase::kAuth);
  // What was offered in clear does not count.
  Script({});
  ExpectFailure(Open(), Failed::kUnsupported, Phase::kAuth);
}

// Rule 22.
TEST_F(SessionAuthTest, NeverWithoutVerifiedTlsUnlessAllowed) {
  for (const TlsMode mode : {TlsMode::kNone, TlsMode::kOpportunistic, TlsMode::kRequire}) {
    options_.tls = mode;
    options_.credentials->allow_unverified = false;
    if (mode == TlsMode::kNone) {
      peer_ = std::make_shared<ScriptedPeer>(clock_);
      peer_->Greet("me.test", {"AUTH PLAIN"});
    } else {
      Script({"AUTH PLAIN"});
    }
    ExpectFailure(Open(), Failed::kUnsupported, Phase::kAuth);
    EXPECT_TRUE(peer_->done()) << peer_->error();
  }
  options_.tls = TlsMode::kNone;
  options_.credentials->allow_unverified = true;
  peer_ = std::make_shared<ScriptedPeer>(clock_);
  peer_->Greet("me.test", {"AUTH PLAIN"}).Expect(kAuthPlain).Reply("235 ok");
  EXPECT_FALSE(Open().has_value());
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
