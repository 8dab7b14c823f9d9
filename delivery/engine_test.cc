// Where mail goes, and what comes of it.

#include <string>
#include <vector>

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

}  // namespace
}  // namespace mailstrom::delivery
