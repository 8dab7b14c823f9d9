// What servers must not do, and some do. No call may hang, nothing may grow, nobody may be lost.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/smtp/session.h"
#include "delivery/smtp/session_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

using storage::Phase;
using ::testing::ElementsAre;

class BadPeerTest : public SessionFixture {
 protected:
  // The dialogue of one delivery to two recipients, as steps at which it can go wrong.
  enum Step { kGreeting, kHello, kMail, kFirstRcpt, kSecondRcpt, kData, kEnd, kStepCount };

  // The script up to the command of `last`, whose reply is left to the caller.
  void ScriptUpTo(Step last) {
    const std::vector<std::function<void()>> steps = {
        [] {},
        [this] { peer_->Reply("220 mx").Expect("EHLO me.test"); },
        [this] { peer_->Reply("250 mx").Expect("MAIL FROM:<a@me.test>"); },
        [this] { peer_->Reply("250 ok").Expect("RCPT TO:<b@x.test>"); },
        [this] { peer_->Reply("250 ok").Expect("RCPT TO:<c@x.test>"); },
        [this] { peer_->Reply("550 5.1.1 nobody").Expect("DATA"); },
        [this] { peer_->Reply("354 go").ExpectMessage(kStuffed); },
    };
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    for (int step = 0; step <= last; ++step) steps[step]();
  }

  struct Ending {
    // Of Open, or of the transaction's session.
    std::optional<Failure> failure;
    TransactionResult result;
  };

  Ending RunDialogue() {
    Ending ending;
    ending.failure = Open();
    if (ending.failure.has_value()) return ending;
    ending.result = DeliverTo({"b@x.test", "c@x.test"});
    ending.failure = ending.result.session_failure;
    return ending;
  }

  static Phase PhaseOf(Step step) {
    if (step <= kHello) return Phase::kHello;
    if (step == kMail) return Phase::kMail;
    return step <= kSecondRcpt ? Phase::kRcpt : Phase::kData;
  }

  // What stands for both recipients when the session ends while `step` waits for its answer.
  void ExpectResults(const Ending& ending, Step step) {
    ASSERT_TRUE(ending.failure.has_value());
    EXPECT_EQ(ending.failure->phase, PhaseOf(step));
    EXPECT_FALSE(session_->usable());
    if (step < kMail) return;
    EXPECT_THAT(Kinds(ending.result),
                ElementsAre(step == kEnd ? Result::kInDoubt : Result::kUntried,
                            step >= kData ? Result::kFailed : Result::kUntried));
    if (step == kEnd) {
      EXPECT_EQ(ending.result.recipients[0].failure.kind, ending.failure->kind);
    }
  }

  void FinishScript(Step step) {
    session_.reset();
    EXPECT_TRUE(peer_->done()) << step << ": " << peer_->error() << ", " << peer_->position();
  }
};

TEST_F(BadPeerTest, HangsUpAtEachStep) {
  for (int step = 0; step < kStepCount; ++step) {
    ScriptUpTo(static_cast<Step>(step));
    peer_->Hangup();
    const Ending ending = RunDialogue();
    ExpectResults(ending, static_cast<Step>(step));
    EXPECT_EQ(ending.failure->kind, Failed::kConnection) << step;
    FinishScript(static_cast<Step>(step));
  }
}

TEST_F(BadPeerTest, HangsUpInTheMidstOfEachReply) {
  for (int step = 0; step < kStepCount; ++step) {
    ScriptUpTo(static_cast<Step>(step));
    peer_->Send("250-hal").Hangup();
    const Ending ending = RunDialogue();
    ExpectResults(ending, static_cast<Step>(step));
    EXPECT_EQ(ending.failure->kind, Failed::kConnection) << step;
    FinishScript(static_cast<Step>(step));
  }
}

TEST_F(BadPeerTest, FallsSilentAtEachStep) {
  const absl::Duration kTimeouts[] = {absl::Minutes(5), absl::Minutes(5), absl::Minutes(5),
                                      absl::Minutes(5), absl::Minutes(5), absl::Minutes(2),
                                      absl::Minutes(10)};
  for (int step = 0; step < kStepCount; ++step) {
    ScriptUpTo(static_cast<Step>(step));
    peer_->Stall();
    const absl::Time start = clock_.Now();
    const Ending ending = RunDialogue();
    ExpectResults(ending, static_cast<Step>(step));
    EXPECT_EQ(ending.failure->kind, Failed::kTimeout) << step;
    EXPECT_EQ(clock_.Now() - start, kTimeouts[step]) << step;
    FinishScript(static_cast<Step>(step));
  }
}

TEST_F(BadPeerTest, DripsEachReply) {
  for (int step = 0; step < kStepCount; ++step) {
    ScriptUpTo(static_cast<Step>(step));
    peer_->Trickle(absl::StrCat("250-", std::string(500, 'x')), absl::Seconds(50)).Stall();
    const absl::Time start = clock_.Now();
    const Ending ending = RunDialogue();
    ExpectResults(ending, static_cast<Step>(step));
    EXPECT_EQ(ending.failure->kind, Failed::kTimeout) << step;
    EXPECT_LE(clock_.Now() - start, absl::Minutes(10)) << step;
    session_.reset();
    peer_.reset();
  }
  peer_ = std::make_shared<ScriptedPeer>(clock_);
}

TEST_F(BadPeerTest, SaysSomethingElseAtEachStep) {
  const std::string kNonsense[] = {
      "hello\r\n",
      "\r\n",
      std::string("\0\0\0\0\r\n", 6),
      std::string("\x16\x03\x01\x02\x00\x01\x00\r\n", 9),
      "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
      "999 what\r\n",
      "250-a\r\n550 b\r\n",
      std::string(1 << 20, 'x'),
      absl::StrCat("250 ", std::string(1 << 20, 'x'), "\r\n"),
  };
  for (int step = 0; step < kStepCount; ++step) {
    for (const std::string& nonsense : kNonsense) {
      ScriptUpTo(static_cast<Step>(step));
      peer_->Send(nonsense).ExpectClose();
      const Ending ending = RunDialogue();
      ExpectResults(ending, static_cast<Step>(step));
      EXPECT_EQ(ending.failure->kind, Failed::kProtocol) << step;
      FinishScript(static_cast<Step>(step));
    }
  }
}

TEST_F(BadPeerTest, RepliesWithoutEndAtEachStep) {
  for (int step = 0; step < kStepCount; ++step) {
    ScriptUpTo(static_cast<Step>(step));
    for (int i = 0; i < 1000; ++i) peer_->Send("250-and another thing\r\n");
    peer_->ExpectClose();
    const Ending ending = RunDialogue();
    ExpectResults(ending, static_cast<Step>(step));
    EXPECT_EQ(ending.failure->kind, Failed::kProtocol) << step;
    FinishScript(static_cast<Step>(step));
  }
}

// Rule 2: a positive reply out of place is a protocol error, and defers.
TEST_F(BadPeerTest, AgreesToTheWrongThing) {
  struct Case {
    Step step;
    const char* reply;
  };
  const Case kCases[] = {{kGreeting, "250 ok"}, {kGreeting, "354 go"},  {kHello, "354 go"},
                         {kMail, "354 go"},     {kFirstRcpt, "354 go"}, {kSecondRcpt, "354 go"},
                         {kData, "250 queued"}, {kData, "220 hello"},   {kData, "334 x"},
                         {kEnd, "354 go"},      {kEnd, "334 more"}};
  for (const Case& c : kCases) {
    ScriptUpTo(c.step);
    peer_->Reply(c.reply).ExpectClose();
    const Ending ending = RunDialogue();
    ExpectResults(ending, c.step);
    EXPECT_EQ(ending.failure->kind, Failed::kProtocol) << c.step << c.reply;
    FinishScript(c.step);
  }
}

TEST_F(BadPeerTest, AnswersWhatWasNotAsked) {
  struct Case {
    Step step;
    const char* reply;
  };
  // The second reply would be taken for that to the next command; the last case would even lose the
  // message, for it is not sent yet.
  const Case kCases[] = {{kGreeting, "220 mx\r\n250 mx"},
                         {kHello, "250 mx\r\n250 ok"},
                         {kMail, "250 ok\r\n250 ok"},
                         {kFirstRcpt, "250 ok\r\n250 ok"},
                         {kSecondRcpt, "550 no\r\n354 go"},
                         {kData, "354 go\r\n250 queued"},
                         {kData, "354 go\r\n25"}};
  for (const Case& c : kCases) {
    ScriptUpTo(c.step);
    peer_->Send(absl::StrCat(c.reply, "\r\n")).ExpectClose();
    const Ending ending = RunDialogue();
    ASSERT_TRUE(ending.failure.has_value()) << c.reply;
    EXPECT_EQ(ending.failure->kind, Failed::kProtocol) << c.reply;
    for (const Result kind : Kinds(ending.result)) EXPECT_NE(kind, Result::kDelivered);
    for (const Result kind : Kinds(ending.result)) EXPECT_NE(kind, Result::kInDoubt);
    FinishScript(c.step);
  }
}

TEST_F(BadPeerTest, TakesNoMoreOfTheMessage) {
  ScriptUpTo(kData);
  peer_->StopTaking().Reply("354 go").Stall();
  const absl::Time start = clock_.Now();
  const Ending ending = RunDialogue();
  EXPECT_EQ(ending.failure->kind, Failed::kTimeout);
  EXPECT_EQ(clock_.Now() - start, absl::Minutes(3));
  // The only block has the final dot, and how far it got is unknown.
  EXPECT_THAT(Kinds(ending.result), ElementsAre(Result::kInDoubt, Result::kFailed));
}

TEST_F(BadPeerTest, BreaksOffBeforeTheLastBlockLeavesNoDoubt) {
  ScriptUpTo(kData);
  peer_->Reply("354 go").ExpectBytes(std::string(1000, 'x')).Hangup();
  ASSERT_FALSE(Open().has_value());
  Transaction transaction = To({"b@x.test", "c@x.test"});
  transaction.message = std::make_shared<const std::string>(200000, 'x');
  const TransactionResult result = Deliver(transaction);
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kUntried, Result::kFailed));
  EXPECT_EQ(result.session_failure->kind, Failed::kConnection);
  EXPECT_EQ(result.session_failure->phase, Phase::kData);
  // Whatever came behind the first 1000 bytes nobody took.
  session_.reset();
  peer_ = std::make_shared<ScriptedPeer>(clock_);
}

TEST_F(BadPeerTest, RefusesAndHangsUpInTheMidstOfTheMessage) {
  ScriptUpTo(kData);
  peer_->Reply("354 go")
      .ExpectBytes(std::string(1000, 'x'))
      .Reply("552 5.3.4 too big for me")
      .Hangup();
  ASSERT_FALSE(Open().has_value());
  Transaction transaction = To({"b@x.test", "c@x.test"});
  transaction.message = std::make_shared<const std::string>(200000, 'x');
  const TransactionResult result = Deliver(transaction);
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed, Result::kFailed));
  EXPECT_EQ(result.recipients[0].reply->code, 552);
  EXPECT_EQ(result.recipients[0].failure.kind, Failed::kReply);
  EXPECT_EQ(result.session_failure->kind, Failed::kConnection);
  session_.reset();
  peer_ = std::make_shared<ScriptedPeer>(clock_);
}

TEST_F(BadPeerTest, SaysGoodbyeBetweenTransactionsAndHangsUp) {
  OpenWith({});
  peer_->Reply("421 4.4.2 idle too long").Hangup();
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kUntried));
  ASSERT_TRUE(result.session_failure.has_value());
  EXPECT_EQ(result.session_failure->reply->code, 421);
}

TEST_F(BadPeerTest, MakesLittleProgressForEver) {
  // Every reply just within its time-out, and no end of recipients.
  options_.timeouts.call = absl::Hours(1);
  OpenWith({});
  std::vector<std::string> forward_paths;
  peer_->Expect("MAIL FROM:<a@me.test>").Reply("250 ok");
  for (int i = 0; i < 100; ++i) {
    forward_paths.push_back(absl::StrCat(i, "@x.test"));
    peer_->Expect(absl::StrCat("RCPT TO:<", i, "@x.test>")).Wait(absl::Minutes(4)).Reply("250 ok");
  }
  const absl::Time start = clock_.Now();
  const TransactionResult result = DeliverTo(forward_paths);
  EXPECT_EQ(clock_.Now() - start, absl::Hours(1));
  EXPECT_EQ(result.session_failure->kind, Failed::kTimeout);
  EXPECT_EQ(Kinds(result), std::vector<Result>(100, Result::kUntried));
  session_.reset();
  peer_ = std::make_shared<ScriptedPeer>(clock_);
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
