// What configuration says of single sites: limits, rates, relays and reply rules.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "delivery/rate_witness.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST_F(EngineTest, SiteKeepsItsRates) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& other = AddHost("b.test", "mx.b.test", 10, "192.0.2.2");
  EngineOptions options = Options();
  SiteRule rule;
  rule.name = "a";
  rule.domains = {"a.test"};
  rule.changes.messages_per_second = 2;
  options.site_rules = {rule};
  StartEngine(options);
  for (int i = 0; i < 30; ++i) {
    Send({absl::StrCat("user", i, "@a.test")});
    Send({absl::StrCat("user", i, "@b.test")});
  }
  loop_.Settle();
  EXPECT_EQ(other.mails.size(), 30u);
  EXPECT_EQ(host.mails.size(), 2u);
  loop_.Advance(absl::Seconds(5));
  EXPECT_GE(host.mails.size(), 11u);
  EXPECT_LE(host.mails.size(), 12u);
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(host.mails.size(), 30u);
}

// An email may take several transactions, and one may be held up on its way to the wire; neither
// makes a site get more at a time.
TEST_F(EngineTest, EachTransactionCountsForTheRate) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  RateWitness witness(absl::Seconds(10));
  host.on_mail = [&](const std::string&) {
    witness.Saw(clock_.Now());
    return "250 ok";
  };
  EngineOptions options = Options();
  options.limits.recipients_per_transaction = 1;
  options.limits.emails_per_connection = 1;
  options.limits.messages_per_second_per_site = 0.5;
  options.limits.connections_per_second_per_site = 0.4;
  StartEngine(options);
  for (int i = 0; i < 5; ++i) Send({"ann@a.test", "bob@a.test", "cid@a.test"});
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(host.mails.size(), 15u);
  EXPECT_EQ(witness.most(), 5) << "0.5 a second";
}

TEST_F(EngineTest, EachTransactionCountsForTheRateOverAllSites) {
  RateWitness witness(absl::Seconds(10));
  for (const char* name : {"a", "b"}) {
    FakeMailHost& host = AddHost(absl::StrCat(name, ".test"), absl::StrCat("mx.", name, ".test"),
                                 10, absl::StrCat("192.0.2.", hosts_.size() + 1));
    host.on_mail = [&](const std::string&) {
      witness.Saw(clock_.Now());
      return "250 ok";
    };
  }
  EngineOptions options = Options();
  options.limits.recipients_per_transaction = 1;
  options.limits.messages_per_second = 0.5;
  StartEngine(options);
  for (int i = 0; i < 3; ++i) {
    Send({"ann@a.test", "bob@a.test", "cid@a.test"});
    Send({"ann@b.test", "bob@b.test", "cid@b.test"});
  }
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(hosts_[0]->mails.size() + hosts_[1]->mails.size(), 18u);
  EXPECT_EQ(witness.most(), 5) << "0.5 a second";
}

TEST_F(EngineTest, SiteKeepsItsConnectionRate) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  EngineOptions options = Options();
  options.limits.emails_per_connection = 1;
  SiteRule rule;
  rule.name = "a";
  rule.domains = {"a.test"};
  rule.changes.connections_per_second = 0.1;
  options.site_rules = {rule};
  StartEngine(options);
  for (int i = 0; i < 7; ++i) Send({absl::StrCat("user", i, "@a.test")});
  loop_.Advance(absl::Seconds(29));
  EXPECT_EQ(host.connections, 3) << "those under way wait for their turn too";
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(host.mails.size(), 7u);
}

TEST_F(EngineTest, AllSitesTogetherKeepTheRates) {
  for (int i = 1; i <= 10; ++i) {
    AddHost(absl::StrCat("site", i, ".test"), absl::StrCat("mx", i, ".test"), 10,
            absl::StrCat("192.0.2.", i));
  }
  const auto mails = [&] {
    size_t count = 0;
    for (const auto& host : hosts_) count += host->mails.size();
    return count;
  };
  EngineOptions options = Options();
  options.limits.messages_per_second = 4;
  StartEngine(options);
  for (int i = 1; i <= 10; ++i) {
    for (int n = 0; n < 4; ++n) Send({absl::StrCat("user", n, "@site", i, ".test")});
  }
  loop_.Settle();
  EXPECT_EQ(mails(), 4u);
  loop_.Advance(absl::Seconds(5));
  EXPECT_GE(mails(), 23u);
  EXPECT_LE(mails(), 24u);
  loop_.Advance(absl::Seconds(5));
  EXPECT_EQ(mails(), 40u);
  for (const auto& host : hosts_) EXPECT_EQ(host->mails.size(), 4u);
}

TEST_F(EngineTest, AllSitesTogetherKeepTheConnectionRate) {
  for (int i = 1; i <= 10; ++i) {
    AddHost(absl::StrCat("site", i, ".test"), absl::StrCat("mx", i, ".test"), 10,
            absl::StrCat("192.0.2.", i));
  }
  EngineOptions options = Options();
  options.limits.connections_per_second = 0.5;
  StartEngine(options);
  for (int i = 1; i <= 10; ++i) Send({absl::StrCat("ann@site", i, ".test")});
  const auto connections = [&] {
    int count = 0;
    for (const auto& host : hosts_) count += host->connections;
    return count;
  };
  loop_.Advance(absl::Seconds(9));
  EXPECT_EQ(connections(), 5);
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(connections(), 10);
}

TEST_F(EngineTest, OwnAddressesAreNoDestination) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& private_host = AddHost("b.test", "mx.b.test", 10, "10.0.0.1");
  EngineOptions options = Options();
  options.own_addresses = {*AddressBlock::Parse("192.0.2.1")};
  options.allowed_destinations = {*AddressBlock::Parse("10.0.0.0/8")};
  StartEngine(options);
  Send({"ann@a.test"});
  Send({"ann@b.test"});
  loop_.Settle();
  EXPECT_EQ(host.connections, 0);
  EXPECT_EQ(private_host.mails.size(), 1u);
}

TEST_F(EngineTest, RelayTakesItAll) {
  dns_.AddAddress("relay.test", "127.0.0.1");
  FakeMailHost relay(clock_);
  connector_.Serve("127.0.0.1", [&](const Endpoint&) { return relay.Connect(); });
  EngineOptions options = Options();
  RelayRule rule;
  rule.name = "smarthost";
  rule.hosts = {"relay.test"};
  rule.changes.port = 2525;
  options.relay_rules = {rule};
  StartEngine(options);
  const std::string id = Send({"ann@a.test", "bob@b.test", "carl@nowhere.test"});
  loop_.Settle();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(StateOf(id, i), RecipientState::kDelivered);
  ASSERT_EQ(relay.mails.size(), 1u);
  EXPECT_EQ(relay.mails[0].forward_paths.size(), 3u);
  EXPECT_EQ(connector_.connects()[0].peer.port, 2525);
}

TEST_F(EngineTest, NewPoliciesTakeEffectWithoutARestart) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost relay(clock_);
  connector_.Serve("10.0.0.1", [&](const Endpoint&) { return relay.Connect(); });
  StartEngine();
  Send({"ann@a.test"});
  loop_.Settle();
  EngineOptions options = Options();
  RelayRule rule;
  rule.name = "smarthost";
  rule.hosts = {"10.0.0.1"};
  options.relay_rules = {rule};
  engine_->SetPolicies(MakeSitePolicies(options));
  loop_.Settle();
  Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(hosts_[0]->mails.size(), 1u);
  EXPECT_EQ(relay.mails.size(), 1u);
}

TEST_F(EngineTest, SiteThatARuleSuspendsIsLeftAlone) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_mail = [&](const std::string&) {
    return host.connections == 1 ? "451 4.7.650 on our list" : "250 ok";
  };
  EngineOptions options = Options();
  ReplyRule rule;
  rule.text = "on our list";
  rule.action = ReplyRule::Action::kSuspend;
  rule.suspend_for = absl::Hours(1);
  options.reply_rules = {rule};
  StartEngine(options);
  Send({"ann@a.test"});
  loop_.Settle();
  const std::string waiting = Send({"bob@a.test"});
  loop_.Advance(absl::Minutes(59));
  EXPECT_TRUE(host.mails.empty());
  EXPECT_EQ(History(waiting), std::vector<RecipientState>{RecipientState::kQueued});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(host.mails.size(), 2u);
}

}  // namespace
}  // namespace mailstrom::delivery
