// When a recipient is tried again, and for how long.

#include <string>
#include <vector>

#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

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

}  // namespace
}  // namespace mailstrom::delivery
