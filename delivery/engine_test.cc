#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST_F(EngineTest, DeliversToOne) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  const Recipient recipient = Read(id);
  EXPECT_EQ(recipient.state, RecipientState::kDelivered);
  EXPECT_EQ(recipient.attempt_count, 1);
  ASSERT_TRUE(recipient.last_attempt.has_value());
  EXPECT_EQ(recipient.last_attempt->mx_host, "mx.a.test");
  EXPECT_EQ(recipient.last_attempt->mx_address, "192.0.2.1");
  EXPECT_EQ(recipient.last_attempt->phase, Phase::kData);
  EXPECT_EQ(recipient.last_attempt->reply->code, 250);
  EXPECT_FALSE(recipient.in_doubt);
  ASSERT_EQ(host.mails.size(), 1u);
  EXPECT_EQ(host.mails[0].reverse_path, "sender@me.test");
  EXPECT_EQ(host.mails[0].data, kContent);
}

TEST_F(EngineTest, FindsWorkThatWasThereBeforeTheStart) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  const std::string id = Send({"ann@a.test"});
  StartEngine();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, OneTransactionCarriesAllRecipientsOfASite) {
  FakeMailHost& host = AddHost("a.test", "mx.test", 10, "192.0.2.1");
  dns_.AddMx("b.test", 7, "mx.test");
  StartEngine();
  const std::string id = Send({"ann@a.test", "bob@b.test", "carl@a.test"});
  loop_.Settle();
  ASSERT_EQ(host.mails.size(), 1u);
  EXPECT_EQ(host.mails[0].forward_paths,
            (std::vector<std::string>{"ann@a.test", "carl@a.test", "bob@b.test"}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(StateOf(id, i), RecipientState::kDelivered);
}

TEST_F(EngineTest, RefusalOfOneDoesNotTouchTheOther) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string& path) {
    return path == "ann@a.test" ? "550 5.1.1 no such mailbox" : "250 2.1.5 ok";
  };
  StartEngine();
  const std::string id = Send({"ann@a.test", "bob@a.test"});
  loop_.Settle();
  const Recipient ann = Read(id, 0);
  EXPECT_EQ(ann.state, RecipientState::kFailed);
  EXPECT_EQ(ann.failure_cause, FailureCause::kRejected);
  EXPECT_EQ(ann.last_attempt->phase, Phase::kRcpt);
  EXPECT_EQ(ann.last_attempt->reply->code, 550);
  EXPECT_EQ(ann.last_attempt->reply->enhanced_code, "5.1.1");
  EXPECT_EQ(ann.last_attempt->reply->text, "no such mailbox");
  EXPECT_EQ(StateOf(id, 1), RecipientState::kDelivered);
  ASSERT_EQ(host.mails.size(), 1u);
  EXPECT_EQ(host.mails[0].forward_paths, std::vector<std::string>{"bob@a.test"});
}

TEST_F(EngineTest, RetryComesAfterTheBackoffAndNotBefore) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& second = AddHost("a.test", "mx2.a.test", 20, "192.0.2.2");
  host.on_rcpt = [&](const std::string&) {
    return host.asked.size() == 1 ? "450 4.2.0 greylisted" : "250 2.1.5 ok";
  };
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  const absl::Time first = clock_.Now();
  Recipient recipient = Read(id);
  EXPECT_EQ(recipient.state, RecipientState::kDeferred);
  EXPECT_GE(recipient.next_attempt_time, first + absl::Minutes(5));
  EXPECT_LE(recipient.next_attempt_time, first + absl::Seconds(330));
  loop_.Advance(absl::Minutes(5) - absl::Milliseconds(1));
  EXPECT_EQ(host.asked.size(), 1u);
  loop_.Advance(absl::Seconds(31));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  ASSERT_EQ(host.asked.size(), 2u);
  EXPECT_GE(host.asked[1].second, recipient.next_attempt_time);
  EXPECT_EQ(second.connections, 0);
  EXPECT_EQ(History(id),
            (std::vector<RecipientState>{RecipientState::kQueued, RecipientState::kDeferred,
                                         RecipientState::kDelivered}));
}

TEST_F(EngineTest, SecondHostTakesWhatTheFirstCannot) {
  FakeMailHost& second = AddHost("a.test", "mx2.a.test", 20, "192.0.2.2");
  dns_.AddMx("a.test", 10, "mx1.a.test");
  dns_.AddAddress("mx1.a.test", "192.0.2.1");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(Read(id).attempt_count, 1);
  EXPECT_EQ(second.mails.size(), 1u);
  EXPECT_EQ(connector_.connect_count("192.0.2.1"), 1);
}

TEST_F(EngineTest, DomainsThatTakeNoMailFailAtOnce) {
  dns_.AddNullMx("null.test");
  dns_.AddName("empty.test");
  StartEngine();
  const std::string id = Send({"a@null.test", "b@nowhere.test", "c@empty.test"});
  loop_.Settle();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(StateOf(id, i), RecipientState::kFailed) << i;
    EXPECT_EQ(Read(id, i).failure_cause, FailureCause::kBadDomain) << i;
    EXPECT_EQ(Read(id, i).last_attempt->phase, Phase::kDns) << i;
    EXPECT_FALSE(Read(id, i).last_attempt->reply.has_value()) << i;
  }
  EXPECT_EQ(Read(id, 0).last_attempt->description.substr(0, 6), "5.1.10");
  EXPECT_EQ(Read(id, 1).last_attempt->description.substr(0, 5), "5.1.2");
  EXPECT_TRUE(connector_.connects().empty());
}

TEST_F(EngineTest, SilentDnsDefers) {
  dns_.SetServfail("a.test");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDeferred);
  EXPECT_EQ(Read(id).last_attempt->description.substr(0, 5), "4.4.3");
}

TEST_F(EngineTest, SlowDnsOfOneDomainDoesNotHoldUpTheOther) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  dns_.SetTimeout("slow.test");
  StartEngine();
  const std::string id = Send({"ann@a.test", "bob@slow.test"});
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(StateOf(id, 0), RecipientState::kDelivered);
  EXPECT_EQ(StateOf(id, 1), RecipientState::kQueued);
  EXPECT_EQ(WaitWhile(RecipientState::kQueued, id, 1).state, RecipientState::kDeferred);
}

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

TEST_F(EngineTest, LostFinalReplyLeavesDoubtAndNoSecondHost) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& second = AddHost("a.test", "mx2.a.test", 20, "192.0.2.2");
  int messages = 0;
  host.on_message = [&](const FakeMailHost::Mail&) {
    return ++messages == 1 ? "" : "250 2.0.0 taken";
  };
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  Recipient recipient = Read(id);
  EXPECT_EQ(recipient.state, RecipientState::kDeferred);
  EXPECT_TRUE(recipient.in_doubt);
  EXPECT_GE(recipient.next_attempt_time, clock_.Now() + absl::Minutes(5));
  EXPECT_EQ(second.connections, 0);
  recipient = WaitWhile(RecipientState::kDeferred, id);
  EXPECT_EQ(recipient.state, RecipientState::kDelivered);
  EXPECT_TRUE(recipient.in_doubt);
}

TEST_F(EngineTest, PrivateDestinationsAreRefused) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "127.0.0.1");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kFailed);
  EXPECT_EQ(Read(id).failure_cause, FailureCause::kSuppressed);
  EXPECT_EQ(Read(id).last_attempt->mx_address, "127.0.0.1");
  EXPECT_EQ(host.connections, 0);
}

TEST_F(EngineTest, PrivateDestinationsMayBeAllowed) {
  AddHost("a.test", "mx.a.test", 10, "127.0.0.1");
  EngineOptions options = Options();
  options.allow_private_destinations = true;
  StartEngine(options);
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, RetriesAreUsedUp) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return "451 4.3.0 not now"; };
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  EXPECT_TRUE(loop_.RunUntil([&] { return storage::IsFinal(StateOf(id)); }));
  const Recipient recipient = Read(id);
  EXPECT_EQ(recipient.failure_cause, FailureCause::kExpired);
  EXPECT_EQ(recipient.attempt_count, 4);
  EXPECT_EQ(recipient.last_attempt->reply->code, 451);
  ASSERT_EQ(host.asked.size(), 4u);
  EXPECT_GE(host.asked[1].second - host.asked[0].second, absl::Minutes(5));
  EXPECT_GE(host.asked[2].second - host.asked[1].second, absl::Minutes(10));
  EXPECT_GE(host.asked[3].second - host.asked[2].second, absl::Minutes(20));
}

TEST_F(EngineTest, EmailMayOverrideTheRetryPolicy) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return "451 4.3.0 not now"; };
  StartEngine();
  storage::Email email = MakeEmail({"ann@a.test"});
  email.record.retry.max_retries = 0;
  const std::string id = Accept(std::move(email));
  loop_.Settle();
  EXPECT_EQ(Read(id).failure_cause, FailureCause::kExpired);
  EXPECT_EQ(host.asked.size(), 1u);
}

TEST_F(EngineTest, LifetimeEndsWithTheLastReason) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return "451 4.3.0 not now"; };
  StartEngine();
  storage::Email email = MakeEmail({"ann@a.test"});
  email.record.expire_time = clock_.Now() + absl::Minutes(2);
  const absl::Time expire_time = email.record.expire_time;
  const std::string id = Accept(std::move(email));
  EXPECT_TRUE(loop_.RunUntil([&] { return storage::IsFinal(StateOf(id)); }));
  EXPECT_EQ(clock_.Now(), expire_time);
  EXPECT_EQ(Read(id).failure_cause, FailureCause::kExpired);
  EXPECT_EQ(Read(id).attempt_count, 1);
  EXPECT_EQ(Read(id).last_attempt->reply->code, 451);
  EXPECT_EQ(host.asked.size(), 1u);
}

TEST_F(EngineTest, NothingIsSentBeforeItsTime) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  storage::Email email = MakeEmail({"ann@a.test"});
  email.recipients[0].next_attempt_time = clock_.Now() + absl::Hours(3);
  const std::string id = Accept(std::move(email));
  loop_.Advance(absl::Hours(3) - absl::Seconds(1));
  EXPECT_EQ(host.connections, 0);
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, NoticesAJumpOfTheWallClock) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  storage::Email email = MakeEmail({"ann@a.test"});
  email.recipients[0].next_attempt_time = clock_.Now() + absl::Hours(3);
  Accept(std::move(email));
  loop_.Advance(absl::Minutes(1));
  clock_.JumpWallClock(absl::Hours(4));
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(host.mails.size(), 1u);
}

TEST_F(EngineTest, ConnectionIsUsedAgain) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  for (int i = 0; i < 5; ++i) {
    Send({"ann@a.test"});
    loop_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(host.mails.size(), 5u);
  EXPECT_EQ(host.connections, 1);
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(host.open_connections, 0);
}

TEST_F(EngineTest, ConnectionGoneStaleIsNoDeferral) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  int mails = 0;
  host.on_mail = [&](const std::string&) { return ++mails == 2 ? "421 4.4.2 idle" : "250 ok"; };
  StartEngine();
  Send({"ann@a.test"});
  loop_.Settle();
  const std::string id = Send({"bob@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(Read(id).attempt_count, 1);
  EXPECT_EQ(host.connections, 2);
}

TEST_F(EngineTest, SiteKeepsItsLimit) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  EngineOptions options = Options();
  options.limits.connections_per_site = 3;
  StartEngine(options);
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  loop_.Settle();
  for (const std::string& id : ids) EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_LE(host.most_open_connections, 3);
  EXPECT_LE(host.connections, 3);
}

TEST_F(EngineTest, DeadSiteDoesNotHoldUpOthers) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  dns_.AddMx("dead.test", 10, "mx.dead.test");
  dns_.AddAddress("mx.dead.test", "192.0.2.9");
  connector_.BlackHole("192.0.2.9");
  EngineOptions options = Options();
  options.limits.claim_window = 100;
  options.limits.connections = 10;
  options.limits.connections_per_site = 5;
  StartEngine(options);
  for (int i = 0; i < 1000; ++i) Send({absl::StrCat("user", i, "@dead.test")});
  loop_.Settle();
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(host.mails.size(), 1u);
}

TEST_F(EngineTest, DeadSiteIsSuspendedAndProbed) {
  dns_.AddMx("dead.test", 10, "mx.dead.test");
  dns_.AddAddress("mx.dead.test", "192.0.2.9");
  connector_.Refuse("192.0.2.9");
  StartEngine();
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(Send({absl::StrCat("user", i, "@dead.test")}));
  loop_.Advance(absl::Minutes(4));
  EXPECT_LE(connector_.connects().size(), 8u) << "a few to find out, then one at a time";
  int deferred = 0;
  for (const std::string& id : ids) {
    const Recipient recipient = Read(id);
    if (recipient.state != RecipientState::kDeferred) continue;
    ++deferred;
    EXPECT_EQ(recipient.last_attempt->mx_host, "mx.dead.test");
    EXPECT_EQ(recipient.last_attempt->description.substr(0, 5), "4.4.1");
  }
  EXPECT_GT(deferred, 100) << "those that wait are told so";
}

TEST_F(EngineTest, MailThatIsHeldUsesUpNoRetries) {
  dns_.AddMx("dead.test", 10, "mx.dead.test");
  dns_.AddAddress("mx.dead.test", "192.0.2.9");
  connector_.Refuse("192.0.2.9");
  StartEngine();
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(Send({absl::StrCat("user", i, "@dead.test")}));
  loop_.Advance(absl::Hours(12));
  int attempts = 0;
  size_t events = 0;
  for (const std::string& id : ids) {
    attempts += Read(id).attempt_count;
    events += History(id).size();
  }
  EXPECT_EQ(attempts, static_cast<int>(connector_.connects().size()))
      << "only what was tried counts";
  EXPECT_LE(events, 2 * ids.size() + attempts) << "waiting is told once";
  FakeMailHost& host = AddHost("other.test", "mx.other.test", 10, "192.0.2.9");
  EXPECT_TRUE(loop_.RunUntil([&] { return host.mails.size() >= 270; }, absl::Hours(1)))
      << host.mails.size();
}

TEST_F(EngineTest, SiteThatComesBackGetsItsMail) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  dns_.AddAddress("mx.a.test", "192.0.2.1");
  connector_.Refuse("192.0.2.1");
  StartEngine();
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  loop_.Advance(absl::Seconds(30));
  FakeMailHost& host = AddHost("other.test", "mx.other.test", 10, "192.0.2.1");
  loop_.Advance(absl::Minutes(1));
  int delivered = 0;
  for (const std::string& id : ids) delivered += StateOf(id) == RecipientState::kDelivered;
  EXPECT_GE(delivered, 90) << "a short outage costs only those that met it their retry";
  EXPECT_TRUE(loop_.RunUntil([&] { return host.mails.size() == ids.size(); }, absl::Hours(1)));
}

TEST_F(EngineTest, LongOutageExpiresMailInItsTime) {
  dns_.AddMx("dead.test", 10, "mx.dead.test");
  dns_.AddAddress("mx.dead.test", "192.0.2.9");
  connector_.BlackHole("192.0.2.9");
  StartEngine();
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(Send({absl::StrCat("user", i, "@dead.test")}));
  loop_.Advance(absl::Hours(119));
  int waiting = 0;
  for (const std::string& id : ids) waiting += StateOf(id) == RecipientState::kDeferred;
  EXPECT_GT(waiting, 0) << "mail that is only held has not used its retries";
  EXPECT_LT(connector_.connects().size(), 300u) << "a probe now and then";
  loop_.Advance(absl::Hours(2));
  for (const std::string& id : ids) {
    const Recipient recipient = Read(id);
    EXPECT_EQ(recipient.failure_cause, FailureCause::kExpired);
    EXPECT_LE(recipient.attempt_count, 4);
    EXPECT_EQ(recipient.last_attempt->mx_host, "mx.dead.test") << "the reason is told";
  }
}

TEST_F(EngineTest, PatienceThatAServerAsksForIsGranted) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [&](const std::string&) {
    return host.asked.size() == 1 ? "450 4.7.1 greylisted, try again in 20 minutes" : "250 ok";
  };
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(20) - absl::Seconds(1));
  EXPECT_EQ(host.asked.size(), 1u);
  loop_.Advance(absl::Seconds(2));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, BacklogOfASlowSiteIsNotChurned) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  // Every message takes ten seconds.
  host.on_message = [](const FakeMailHost::Mail&) { return FakeMailHost::kSilence; };
  EngineOptions options = Options();
  options.limits.claim_window = 100;
  options.timeouts.data_end = absl::Seconds(10);
  StartEngine(options);
  for (int i = 0; i < 2000; ++i) Send({absl::StrCat("user", i, "@a.test")});
  loop_.Advance(absl::Minutes(10));
  EXPECT_LT(store_.released, 10000);
}

TEST_F(EngineTest, ContentIsReadOnceForAllSites) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  AddHost("b.test", "mx.b.test", 10, "192.0.2.2");
  AddHost("c.test", "mx.c.test", 10, "192.0.2.3");
  StartEngine();
  const std::string id = Send({"a@a.test", "b@b.test", "c@c.test"});
  loop_.Settle();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(StateOf(id, i), RecipientState::kDelivered);
  EXPECT_EQ(store_.content_reads, 1);
}

TEST_F(EngineTest, OutcomeIsKeptUntilTheStoreTakesIt) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  store_.record_status = absl::UnavailableError("disk full");
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(StateOf(id), RecipientState::kQueued);
  EXPECT_EQ(host.mails.size(), 1u);
  const std::string later = Send({"bob@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(host.mails.size(), 1u) << "delivery pauses while outcomes cannot be recorded";
  EXPECT_LT(store_.records, 60) << "and the store is not asked in a hot loop";
  store_.record_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(StateOf(later), RecipientState::kDelivered);
  EXPECT_EQ(host.mails.size(), 2u);
}

TEST_F(EngineTest, NothingIsSentWhileTheStoreIsUnhealthy) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  // Known from others' calls, before any outcome is refused.
  store_.SetHealth(absl::UnavailableError("disk full"));
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(host.mails.size(), 0u);
  store_.SetHealth(absl::OkStatus());
  loop_.Settle();
  EXPECT_EQ(host.mails.size(), 1u);
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, GoesOnWhenTheStoreHandsOutWorkAgain) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  store_.claim_status = absl::UnavailableError("down");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_LT(store_.claims, 60);
  store_.claim_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, UnreadableMessageIsTriedAgain) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  store_.content_status = absl::UnavailableError("down");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(StateOf(id), RecipientState::kQueued);
  EXPECT_EQ(Read(id).attempt_count, 0);
  store_.content_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(2));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(host.mails.size(), 1u);
}

TEST_F(EngineTest, DrainWithNothingToDoIsQuick) {
  StartEngine();
  const absl::Time start = clock_.Now();
  EXPECT_TRUE(Drain(absl::Minutes(1)));
  EXPECT_EQ(clock_.Now(), start);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(EngineTest, DrainLetsAttemptsFinish) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  dns_.AddMx("slow.test", 10, "mx.slow.test");
  dns_.AddAddress("mx.slow.test", "192.0.2.7");
  connector_.AddScript("192.0.2.7")
      .Reply("220 slow")
      .Expect("EHLO me.test")
      .Wait(absl::Seconds(20))
      .Reply("250 slow")
      .Expect("MAIL FROM:<sender@me.test>")
      .Reply("250 ok")
      .Expect("RCPT TO:<bob@slow.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage("Subject: hello\r\n\r\n..dot\r\ntext\r\n")
      .Reply("250 taken")
      .Expect("QUIT")
      .Reply("221 bye");
  StartEngine();
  const std::string slow = Send({"bob@slow.test"});
  loop_.Settle();
  auto done = std::make_shared<bool>(false);
  drained_ = true;
  engine_->Drain(absl::Minutes(1), [done] { *done = true; });
  loop_.Settle();
  EXPECT_FALSE(*done);
  const std::string late = Send({"ann@a.test"});
  loop_.Advance(absl::Seconds(30));
  EXPECT_TRUE(*done);
  EXPECT_EQ(connector_.ScriptErrors(), "");
  EXPECT_EQ(StateOf(slow), RecipientState::kDelivered);
  EXPECT_EQ(StateOf(late), RecipientState::kQueued);
  EXPECT_TRUE(host.mails.empty());
}

TEST_F(EngineTest, DrainCutsOffAtTheDeadline) {
  FakeMailHost& dot = AddHost("dot.test", "mx.dot.test", 10, "192.0.2.1");
  FakeMailHost& rcpt = AddHost("rcpt.test", "mx.rcpt.test", 10, "192.0.2.2");
  // Neither answers: one stands after the final dot, the other before.
  dot.on_message = [](const FakeMailHost::Mail&) { return FakeMailHost::kSilence; };
  rcpt.on_rcpt = [](const std::string&) { return FakeMailHost::kSilence; };
  dns_.AddMx("hole.test", 10, "mx.hole.test");
  dns_.AddAddress("mx.hole.test", "192.0.2.3");
  connector_.BlackHole("192.0.2.3");
  StartEngine();
  const std::string in_doubt = Send({"ann@dot.test"});
  const std::string untold = Send({"bob@rcpt.test"});
  const std::string unconnected = Send({"carl@hole.test"});
  loop_.Settle();
  const absl::Time start = clock_.Now();
  EXPECT_TRUE(Drain(absl::Seconds(10)));
  EXPECT_LE(clock_.Now(), start + absl::Seconds(11));
  EXPECT_EQ(StateOf(in_doubt), RecipientState::kDeferred);
  EXPECT_TRUE(Read(in_doubt).in_doubt);
  EXPECT_EQ(History(untold), std::vector<RecipientState>{RecipientState::kQueued});
  EXPECT_EQ(History(unconnected), std::vector<RecipientState>{RecipientState::kQueued});
  engine_.reset();
  loop_.Advance(absl::Hours(3));
  EXPECT_EQ(History(unconnected), std::vector<RecipientState>{RecipientState::kQueued});
}

TEST_F(EngineTest, DrainGivesBackWhatWaits) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return FakeMailHost::kSilence; };
  EngineOptions options = Options();
  options.limits.connections_per_site = 1;
  StartEngine(options);
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  loop_.Settle();
  EXPECT_TRUE(Drain(absl::Seconds(10)));
  EXPECT_EQ(store_.released, 10);
  for (const std::string& id : ids) {
    EXPECT_EQ(History(id), std::vector<RecipientState>{RecipientState::kQueued});
  }
}

TEST_F(EngineTest, DrainGivesUpOnAStoreThatRefuses) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  store_.record_status = absl::UnavailableError("disk full");
  Send({"ann@a.test"});
  loop_.Settle();
  const absl::Time start = clock_.Now();
  EXPECT_TRUE(Drain(absl::Seconds(10)));
  EXPECT_LE(clock_.Now(), start + absl::Seconds(16));
}

TEST_F(EngineTest, MayBeDestroyedInTheMidstOfThings) {
  dns_.AddMx("hole.test", 10, "mx.hole.test");
  dns_.AddAddress("mx.hole.test", "192.0.2.3");
  connector_.BlackHole("192.0.2.3");
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  Send({"carl@hole.test"});
  Send({"ann@a.test"});
  loop_.Settle();
  engine_.reset();
}

}  // namespace
}  // namespace mailstrom::delivery
