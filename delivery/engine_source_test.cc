// From which addresses of this host mail is sent.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

class EngineSourceTest : public EngineTest {
 protected:
  static std::shared_ptr<const SourcePool> Pool(const std::string& name,
                                                std::vector<SourceAddress> addresses) {
    return std::make_shared<const SourcePool>(SourcePool{name, std::move(addresses)});
  }

  static EngineOptions From(std::shared_ptr<const SourcePool> pool) {
    EngineOptions options = Options();
    options.sender_rules = {{{}, std::move(pool)}};
    return options;
  }

  const std::shared_ptr<const SourcePool> pair_ =
      Pool("pair", {{"198.51.100.1", 1, "one.me.test"}, {"198.51.100.2", 3, ""}});
};

TEST_F(EngineSourceTest, AddressesShareTheMailByWeight) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  EngineOptions options = From(pair_);
  options.limits.emails_per_connection = 1000;
  StartEngine(options);
  std::map<std::string, int> counts;
  for (int i = 0; i < 400; ++i) {
    const std::string id = Send({"ann@a.test"});
    loop_.Settle();
    ++counts[Read(id).last_attempt->source_address];
  }
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_NEAR(counts["198.51.100.1"], 100, 45);
  std::set<std::string> sources;
  for (const auto& connect : connector_.connects()) sources.insert(connect.peer.source);
  EXPECT_EQ(sources, (std::set<std::string>{"198.51.100.1", "198.51.100.2"}));
  EXPECT_EQ(connector_.connects().size(), 2u) << "a connection is used again for its source only";
}

TEST_F(EngineSourceTest, RetriesComeFromTheSameAddress) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return "451 4.7.1 greylisted"; };
  StartEngine(From(pair_));
  std::map<std::string, std::set<std::string>> sources;
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  for (int n = 0; n < 400; ++n) {
    loop_.Advance(absl::Minutes(1));
    for (const std::string& id : ids) {
      const Recipient recipient = Read(id);
      if (recipient.last_attempt) sources[id].insert(recipient.last_attempt->source_address);
    }
  }
  for (const std::string& id : ids) {
    EXPECT_EQ(Read(id).attempt_count, 4);
    EXPECT_EQ(sources[id].size(), 1u);
  }
}

TEST_F(EngineSourceTest, EachAddressGreetsByItsOwnName) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine(From(Pool("named", {{"198.51.100.1", 1, "one.me.test"}})));
  connector_.AddScript("192.0.2.1").Reply("220 hi").Expect("EHLO one.me.test").Hangup();
  Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(connector_.ScriptErrors(), "");
}

TEST_F(EngineSourceTest, NoSourceOfAFamilyMeansNoAttemptThere) {
  FakeMailHost& ipv4 = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  dns_.AddAddress("mx.a.test", "2001:db8::1");
  dns_.AddMx("six.test", 10, "mx.six.test");
  dns_.AddAddress("mx.six.test", "2001:db8::2");
  StartEngine(From(Pool("four", {{"198.51.100.1", 1, ""}})));
  const std::string id = Send({"ann@a.test"});
  const std::string unreachable = Send({"bob@six.test"});
  loop_.Settle();
  EXPECT_EQ(ipv4.mails.size(), 1u);
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(connector_.connects().size(), 1u);
  const Recipient recipient = Read(unreachable);
  EXPECT_EQ(recipient.state, RecipientState::kDeferred);
  EXPECT_EQ(recipient.last_attempt->description.substr(0, 5), "4.3.5");
  EXPECT_NE(recipient.last_attempt->description.find("four"), std::string::npos);
}

TEST_F(EngineSourceTest, AddressThatIsGoneDefersAndIsNotTheSitesFault) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  connector_.RefuseSource("198.51.100.1");
  StartEngine(From(Pool("gone", {{"198.51.100.1", 1, ""}})));
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  loop_.Settle();
  for (const std::string& id : ids) {
    const Recipient recipient = Read(id);
    EXPECT_EQ(recipient.state, RecipientState::kDeferred);
    EXPECT_EQ(recipient.attempt_count, 1) << "the site is not suspended";
    EXPECT_EQ(recipient.last_attempt->description.substr(0, 5), "4.3.5");
    EXPECT_EQ(recipient.last_attempt->source_address, "198.51.100.1");
  }
  EXPECT_EQ(host.connections, 0);
}

TEST_F(EngineSourceTest, SendersHavePoolsThatSitesSeeApart) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_mail = [](const std::string& path) {
    return path == "bulk@news.test" ? "451 4.7.650 on our list" : "250 ok";
  };
  EngineOptions options = From(Pool("all", {{"198.51.100.1", 1, ""}}));
  options.sender_rules.insert(options.sender_rules.begin(),
                              {{"news.test"}, Pool("bulk", {{"198.51.100.9", 1, ""}})});
  ReplyRule rule;
  rule.text = "on our list";
  rule.action = ReplyRule::Action::kSuspend;
  rule.suspend_for = absl::Hours(1);
  options.reply_rules = {rule};
  StartEngine(options);
  storage::Email bulk = MakeEmail({"ann@a.test"});
  bulk.record.reverse_path = "bulk@news.test";
  const std::string refused = Accept(std::move(bulk));
  loop_.Settle();
  EXPECT_EQ(Read(refused).last_attempt->source_address, "198.51.100.9");
  const std::string id = Send({"bob@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered) << "the other pool's trouble is not ours";
  EXPECT_EQ(Read(id).last_attempt->source_address, "198.51.100.1");
}

TEST_F(EngineSourceTest, RecipientsOfOneDomainShareATransaction) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine(From(pair_));
  for (int i = 0; i < 20; ++i) Send({"a@a.test", "b@a.test", "c@a.test"});
  loop_.Settle();
  ASSERT_EQ(host.mails.size(), 20u);
  for (const FakeMailHost::Mail& mail : host.mails) EXPECT_EQ(mail.forward_paths.size(), 3u);
}

}  // namespace
}  // namespace mailstrom::delivery
