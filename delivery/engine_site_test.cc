// Connections to sites, and what sites that are slow or dead cost others.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

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

TEST_F(EngineTest, ConnectionThatIsBeingClosedCountsForTheLimit) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  dns_.AddAddress("mx.a.test", "192.0.2.1");
  FakeMailHost host(clock_, &clock_);
  connector_.Serve("192.0.2.1", [&host](const Endpoint&) { return host.Connect(); });
  EngineOptions options = Options();
  options.limits.connections_per_site = 1;
  options.limits.connection_idle = absl::Seconds(5);
  StartEngine(options);
  Send({"ann@a.test"});
  loop_.Settle();
  ASSERT_EQ(host.mails.size(), 1u);
  // Its answer to QUIT is under way when the next email comes.
  host.reply_delay = absl::Seconds(3);
  loop_.Advance(absl::Seconds(6));
  ASSERT_EQ(host.open_connections, 1);
  Send({"bob@a.test"});
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(host.mails.size(), 2u);
  EXPECT_EQ(host.most_open_connections, 1);
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

TEST_F(EngineTest, SiteWithoutRoomCostsNoRetries) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  dns_.AddMx("a.test", 20, "mx2.a.test");
  dns_.AddAddress("mx2.a.test", "192.0.2.2");
  host.greeting = "421 4.3.2 too many connections";
  StartEngine();
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  loop_.Advance(absl::Hours(2));
  EXPECT_LE(host.connections, 40) << "fewer at a time, then a probe now and then";
  int told = 0;
  for (const std::string& id : ids) {
    const Recipient recipient = Read(id);
    EXPECT_EQ(recipient.attempt_count, 0);
    if (!recipient.last_attempt) continue;
    ++told;
    EXPECT_EQ(recipient.last_attempt->reply->code, 421);
    EXPECT_LE(History(id).size(), 2u) << "which is told once";
  }
  EXPECT_GT(told, 0);
  host.greeting = "220 fake ESMTP";
  EXPECT_TRUE(loop_.RunUntil([&] { return host.mails.size() == ids.size(); }, absl::Hours(1)));
  for (const std::string& id : ids) EXPECT_EQ(Read(id).attempt_count, 1);
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

TEST_F(EngineTest, BurstForANewSiteIsDeliveredWithinSeconds) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  EngineOptions options = Options();
  options.limits.claim_window = 100;
  StartEngine(options);
  // More than the window takes at a time, so some are put off.
  for (int i = 0; i < 1000; ++i) Send({absl::StrCat("user", i, "@a.test")});
  loop_.Settle();
  EXPECT_GT(store_.released, 0);
  EXPECT_TRUE(loop_.RunUntil([&] { return host.mails.size() == 1000; }, absl::Seconds(30)));
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

}  // namespace
}  // namespace mailstrom::delivery
