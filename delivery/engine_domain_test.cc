// Limits that a domain of recipients has for itself.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

class EngineDomainTest : public EngineTest {
 protected:
  // One site serves both; only a.test has limits.
  EngineDomainTest() : host_(AddHost("a.test", "mx.test", 10, "192.0.2.1")) {
    dns_.AddMx("b.test", 10, "mx.test");
  }

  static EngineOptions Limited(const DomainLimits& limits) {
    EngineOptions options = Options();
    options.domain_rules = {{{"a.test"}, limits}};
    return options;
  }

  size_t MailsTo(const std::string& domain) const {
    size_t count = 0;
    for (const FakeMailHost::Mail& mail : host_.mails) {
      for (const std::string& path : mail.forward_paths) {
        count += path.substr(path.find('@') + 1) == domain;
      }
    }
    return count;
  }

  FakeMailHost& host_;
};

TEST_F(EngineDomainTest, SoManyConnectionsCarryItsMail) {
  // Those that carry mail for a.test hang.
  int to_a = 0;
  host_.on_rcpt = [&](const std::string& path) {
    if (path.find("@b.test") != std::string::npos) return "250 ok";
    ++to_a;
    return FakeMailHost::kSilence;
  };
  EngineOptions options = Limited({.connections = 2});
  options.timeouts.rcpt = absl::Minutes(1);
  StartEngine(options);
  for (int i = 0; i < 20; ++i) Send({absl::StrCat("user", i, "@a.test")});
  for (int i = 0; i < 20; ++i) Send({absl::StrCat("user", i, "@b.test")});
  loop_.Advance(absl::Seconds(30));
  EXPECT_EQ(to_a, 2);
  EXPECT_EQ(MailsTo("b.test"), 20u) << "another domain of the site is not held up";
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(to_a, 4) << "the next ones begin when those have ended";
}

TEST_F(EngineDomainTest, SoManyMessagesASecond) {
  StartEngine(Limited({.messages_per_second = 2}));
  for (int i = 0; i < 30; ++i) {
    Send({absl::StrCat("user", i, "@a.test"), absl::StrCat("user", i, "@b.test")});
  }
  loop_.Settle();
  EXPECT_EQ(MailsTo("b.test"), 30u);
  EXPECT_EQ(MailsTo("a.test"), 2u);
  loop_.Advance(absl::Seconds(5));
  EXPECT_GE(MailsTo("a.test"), 11u);
  EXPECT_LE(MailsTo("a.test"), 12u);
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(MailsTo("a.test"), 30u);
}

TEST_F(EngineDomainTest, SoManyConnectionsASecond) {
  EngineOptions options = Limited({.connections_per_second = 0.1});
  options.limits.emails_per_connection = 1;
  StartEngine(options);
  for (int i = 0; i < 7; ++i) Send({absl::StrCat("user", i, "@a.test")});
  loop_.Advance(absl::Seconds(29));
  EXPECT_EQ(host_.connections, 3);
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(MailsTo("a.test"), 7u);
}

TEST_F(EngineDomainTest, OneLimitWhateverTheWay) {
  // Mail of one sender goes by a relay.
  dns_.AddAddress("relay.test", "192.0.2.2");
  FakeMailHost relay(clock_);
  connector_.Serve("192.0.2.2", [&](const Endpoint&) { return relay.Connect(); });
  EngineOptions options = Limited({.messages_per_second = 1});
  RelayRule rule;
  rule.name = "relay";
  rule.sender_domains = {"relayed.test"};
  rule.hosts = {"relay.test"};
  options.relay_rules = {rule};
  StartEngine(options);
  for (int i = 0; i < 10; ++i) {
    Send({absl::StrCat("user", i, "@a.test")});
    storage::Email email = MakeEmail({absl::StrCat("user", i, "@a.test")});
    email.record.reverse_path = "x@relayed.test";
    Accept(std::move(email));
  }
  loop_.Advance(absl::Seconds(10));
  EXPECT_LE(host_.mails.size() + relay.mails.size(), 11u);
  EXPECT_GE(host_.mails.size() + relay.mails.size(), 10u);
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(host_.mails.size(), 10u);
  EXPECT_EQ(relay.mails.size(), 10u);
}

TEST_F(EngineDomainTest, NewLimitsTakeEffectWithoutARestart) {
  StartEngine(Limited({.messages_per_second = 0.001}));
  for (int i = 0; i < 3; ++i) Send({absl::StrCat("user", i, "@a.test")});
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(MailsTo("a.test"), 1u);
  engine_->SetPolicies(MakeSitePolicies(Options()));
  loop_.Settle();
  Send({"late@a.test"});
  loop_.Settle();
  EXPECT_EQ(MailsTo("a.test"), 2u) << "what comes later is not held up";
}

}  // namespace
}  // namespace mailstrom::delivery
