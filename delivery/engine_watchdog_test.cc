// Nothing that a peer or a library does, or fails to do, holds a recipient for ever, and nothing is
// tried again and again without a pause.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asio/awaitable.hpp"
#include "delivery/engine_test_bench.h"
#include "delivery/sleep.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

// Never comes to an end by itself, whatever the time-out.
class WedgedConnector final : public Connector {
 public:
  explicit WedgedConnector(Alarms& alarms) : alarms_(alarms) {}
  asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> Connect(Endpoint,
                                                                   absl::Duration) override {
    co_await Sleep(alarms_, absl::Hours(100000));
    co_return absl::UnavailableError("woken");
  }

 private:
  Alarms& alarms_;
};

// The same for addresses of hosts.
class WedgedDns final : public DnsClient {
 public:
  WedgedDns(DnsClient& inner, Alarms& alarms) : inner_(inner), alarms_(alarms) {}
  asio::awaitable<absl::StatusOr<DnsAnswer>> Query(std::string name, DnsType type) override {
    if (type == DnsType::kAaaa || type == DnsType::kA) {
      co_await Sleep(alarms_, absl::Hours(100000));
      co_return absl::UnavailableError("woken");
    }
    co_return co_await inner_.Query(std::move(name), type);
  }

 private:
  DnsClient& inner_;
  Alarms& alarms_;
};

class EngineWatchdogTest : public EngineTest {
 protected:
  void StartEngineWith(DnsClient& dns, Connector& connector, EngineOptions options = Options()) {
    engine_ = std::make_unique<Engine>(std::move(options), store_, clock_, clock_, dns, connector,
                                       random_, loop_.io().get_executor());
    engine_->Start();
    loop_.Settle();
  }

  void ExpectCutOff(const std::string& id) {
    loop_.Advance(absl::Minutes(59));
    EXPECT_EQ(StateOf(id), RecipientState::kQueued);
    loop_.Advance(absl::Minutes(2));
    const Recipient recipient = Read(id);
    EXPECT_EQ(recipient.state, RecipientState::kDeferred);
    EXPECT_TRUE(absl::StartsWith(recipient.last_attempt->description, "4.4.7 cut off"))
        << recipient.last_attempt->description;
  }
};

TEST_F(EngineWatchdogTest, ConnectionThatNeverComesIsCutOff) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  WedgedConnector connector(clock_);
  StartEngineWith(dns_, connector);
  ExpectCutOff(Send({"ann@a.test"}));
  EXPECT_TRUE(Drain(absl::ZeroDuration()));
}

TEST_F(EngineWatchdogTest, LookUpThatNeverEndsIsNoBounce) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  WedgedDns dns(dns_, clock_);
  StartEngineWith(dns, connector_);
  ExpectCutOff(Send({"ann@a.test"}));
  EXPECT_TRUE(Drain(absl::ZeroDuration()));
}

// Each reply comes within its time-out, and they never come to an end.
TEST_F(EngineWatchdogTest, SessionThatGetsNowhereIsCutOff) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  std::vector<std::string> addresses;
  for (int i = 0; i < 5; ++i) {
    const std::string address = absl::StrCat("192.0.2.", i + 1);
    dns_.AddAddress("mx.a.test", address);
    connector_.Serve(address, [this](const Endpoint&) {
      auto peer = std::make_shared<ScriptedPeer>(clock_);
      peer->Trickle(absl::StrCat("220", std::string(1000, ' '), "\r\n"), absl::Seconds(2));
      peer->Stall();
      return peer;
    });
  }
  EngineOptions options = Options();
  options.timeouts.greeting = absl::Minutes(29);
  StartEngine(options);
  ExpectCutOff(Send({"ann@a.test"}));
}

// A site that is cut off gives its place back.
TEST_F(EngineWatchdogTest, WedgedSessionsDoNotFillTheHouse) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.greeting = FakeMailHost::kSilence;
  FakeMailHost& other = AddHost("b.test", "mx.b.test", 10, "192.0.2.2");
  EngineOptions options = Options();
  options.limits.connections = 2;
  StartEngine(options);
  for (int i = 0; i < 20; ++i) Send({absl::StrCat("user", i, "@a.test")});
  const std::string id = Send({"bob@b.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(other.mails.size(), 1u);
}

// Whatever goes wrong, in five days of it nothing is tried more often than the policy allows.
TEST_F(EngineWatchdogTest, NothingRetriesInAHotLoop) {
  struct Case {
    const char* name;
    std::function<void(EngineWatchdogTest&, FakeMailHost&)> setup;
    // 5, 10, 20, … minutes, then every 4 hours; each attempt may need a second connection.
    int least_attempts = 1;
    int most_attempts = 40;
    int most_connections = 2 * 40;
  };
  const std::vector<Case> cases = {
      {"greeting refused", [](auto&, FakeMailHost& host) { host.greeting = "554 no"; }},
      // No attempts, but probes every half an hour.
      {"greeting 421", [](auto&, FakeMailHost& host) { host.greeting = "421 no"; }, 0, 0, 260},
      {"hangs up", [](auto&, FakeMailHost& host) { host.greeting = ""; }},
      {"garbage", [](auto&, FakeMailHost& host) { host.greeting = "\x01\xff garbage"; }},
      {"421 to MAIL",
       [](auto&, FakeMailHost& host) {
         host.on_mail = [](const std::string&) { return "421 4.7.0 later"; };
       }},
      {"450 to RCPT",
       [](auto&, FakeMailHost& host) {
         host.on_rcpt = [](const std::string&) { return "450 4.2.1 later"; };
       }},
      {"452 4.5.3 to every RCPT",
       [](auto&, FakeMailHost& host) {
         host.on_rcpt = [](const std::string&) { return "452 4.5.3 too many"; };
       }},
      {"hangs up after DATA", [](auto&, FakeMailHost& host) { host.on_data = [] { return ""; }; }},
      {"hangs up after the dot",
       [](auto&, FakeMailHost& host) {
         host.on_message = [](const FakeMailHost::Mail&) { return ""; };
       }},
      {"broken TLS and no clear",
       [](auto&, FakeMailHost& host) {
         host.keywords.push_back("STARTTLS");
         host.tls_status = absl::FailedPreconditionError("no");
         host.on_mail = [](const std::string&) { return "530 5.7.0 STARTTLS first"; };
       }},
  };
  EngineOptions options = Options();
  options.retry.max_retries = 1000;
  StartEngine(options);
  std::vector<FakeMailHost*> hosts;
  std::vector<std::string> ids;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string domain = absl::StrCat("d", i, ".test");
    FakeMailHost& host =
        AddHost(domain, absl::StrCat("mx.", domain), 10, absl::StrCat("192.0.2.", i + 1));
    cases[i].setup(*this, host);
    hosts.push_back(&host);
    ids.push_back(Send({absl::StrCat("user@", domain)}));
  }
  loop_.Advance(absl::Hours(121));
  for (size_t i = 0; i < cases.size(); ++i) {
    const Recipient recipient = Read(ids[i]);
    EXPECT_TRUE(storage::IsFinal(recipient.state)) << cases[i].name;
    EXPECT_LE(recipient.attempt_count, cases[i].most_attempts) << cases[i].name;
    EXPECT_GE(recipient.attempt_count, cases[i].least_attempts) << cases[i].name;
    EXPECT_LE(hosts[i]->connections, cases[i].most_connections) << cases[i].name;
  }
  EXPECT_LE(store_.claims, 2000) << "nor is the store asked without end";
}

}  // namespace
}  // namespace mailstrom::delivery
