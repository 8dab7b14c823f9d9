// Rules that only show over several attempts.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST_F(EngineTest, EveryRecipientOfALargeEmailHasHisOwnOutcome) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string& path) {
    return path == "user30@a.test" ? "550 5.1.1 unknown" : "250 ok";
  };
  std::vector<std::string> addresses;
  for (int i = 0; i < 250; ++i) addresses.push_back(absl::StrCat("user", i, "@a.test"));
  StartEngine();
  const std::string id = Send(addresses);
  loop_.Advance(absl::Minutes(1));
  std::vector<std::string> taken;
  for (const FakeMailHost::Mail& mail : host.mails) {
    taken.insert(taken.end(), mail.forward_paths.begin(), mail.forward_paths.end());
  }
  EXPECT_EQ(taken.size(), addresses.size() - 1);
  for (int i = 0; i < 250; ++i) {
    EXPECT_EQ(StateOf(id, i), i == 30 ? RecipientState::kFailed : RecipientState::kDelivered) << i;
  }
}

TEST_F(EngineTest, EachAttemptLooksUpTheRouteAnew) {
  FakeMailHost& old_host = AddHost("a.test", "old.a.test", 10, "192.0.2.1");
  old_host.on_rcpt = [](const std::string&) { return "450 4.3.0 moving"; };
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(StateOf(id), RecipientState::kDeferred);
  dns_.Remove("a.test");
  FakeMailHost& new_host = AddHost("a.test", "new.a.test", 10, "192.0.2.2");
  WaitWhile(RecipientState::kDeferred, id);
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(new_host.mails.size(), 1u);
  EXPECT_EQ(old_host.connections, 1);
}

TEST_F(EngineTest, GreylistedMailComesBackTheSameAfterMinutes) {
  FakeMailHost& first = AddHost("a.test", "mx1.a.test", 10, "192.0.2.1");
  FakeMailHost& second = AddHost("a.test", "mx2.a.test", 20, "192.0.2.2");
  // As a greylist does: each triplet of a stranger is let in five minutes after it was seen first.
  std::vector<std::string> senders;
  first.on_mail = [&](const std::string& path) {
    senders.push_back(path);
    return "250 2.1.0 ok";
  };
  const absl::Time start = clock_.Now();
  first.on_rcpt = [&](const std::string&) -> std::string {
    return clock_.Now() - start < absl::Minutes(5) ? "450 4.2.0 Greylisted" : "250 2.1.5 ok";
  };
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  const Recipient recipient =
      (WaitWhile(RecipientState::kQueued, id), WaitWhile(RecipientState::kDeferred, id));
  EXPECT_EQ(recipient.state, RecipientState::kDelivered);
  EXPECT_EQ(recipient.attempt_count, 2);
  EXPECT_EQ(second.connections, 0) << "the other hosts are not bothered";
  EXPECT_EQ(senders, (std::vector<std::string>{"sender@me.test", "sender@me.test"}));
  ASSERT_EQ(first.asked.size(), 2u);
  EXPECT_EQ(first.asked[0].first, first.asked[1].first);
  EXPECT_LT(first.asked[1].second - first.asked[0].second, absl::Minutes(10));
}

TEST_F(EngineTest, NothingBouncesABounce) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& home = AddHost("me.test", "mx.me.test", 10, "192.0.2.2");
  std::string reverse_path = "not asked";
  host.on_mail = [&](const std::string& path) {
    reverse_path = path;
    return "250 2.1.0 ok";
  };
  host.on_rcpt = [](const std::string&) { return "550 5.1.1 unknown"; };
  StartEngine();
  storage::Email email = MakeEmail({"ann@a.test"});
  email.record.reverse_path = "";
  const std::string id = Accept(std::move(email));
  loop_.Advance(absl::Hours(200));
  EXPECT_EQ(StateOf(id), RecipientState::kFailed);
  EXPECT_EQ(reverse_path, "");
  EXPECT_EQ(store_.ReadEventsNow().size(), 2u) << "no other email came of it";
  EXPECT_EQ(home.connections, 0);
}

TEST_F(EngineTest, TooLargeMailFailsWithoutRetry) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_mail = [](const std::string&) { return "552 5.3.4 too large"; };
  FakeMailHost& small = AddHost("b.test", "mx.b.test", 10, "192.0.2.2");
  small.keywords = {"SIZE 10"};
  StartEngine();
  const std::string id = Send({"ann@a.test", "bob@b.test"});
  loop_.Advance(absl::Hours(24));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(StateOf(id, i), RecipientState::kFailed);
    EXPECT_EQ(Read(id, i).failure_cause, FailureCause::kUnsupported);
    EXPECT_EQ(Read(id, i).attempt_count, 1);
  }
  EXPECT_TRUE(small.asked.empty()) << "the declared size is respected";
}

}  // namespace
}  // namespace mailstrom::delivery
