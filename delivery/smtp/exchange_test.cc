#include "delivery/smtp/exchange.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/smtp/session_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

using storage::Phase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Through Session, which adds only its opening.
class ExchangeTest : public SessionFixture {};

constexpr char kMail[] = "MAIL FROM:<a@me.test>";

TEST_F(ExchangeTest, OneCommandAtATimeWithoutPipelining) {
  OpenWith({});
  peer_->ExpectBytes("MAIL FROM:<a@me.test>\r\n")
      .Reply("250 2.1.0 ok")
      .ExpectBytes("RCPT TO:<b@x.test>\r\n")
      .Reply("250 2.1.5 ok")
      .ExpectBytes("DATA\r\n")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 2.0.0 queued as 1");
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kDelivered));
  EXPECT_EQ(result.recipients[0].reply->enhanced_code, "2.0.0");
  EXPECT_THAT(result.recipients[0].reply->lines, ElementsAre("queued as 1"));
  EXPECT_FALSE(result.session_failure.has_value());
  EXPECT_TRUE(session_->usable());
}

TEST_F(ExchangeTest, PipeliningSendsUpToDataInOneWrite) {
  OpenWith({"PIPELINING"});
  const size_t writes = peer_->connection()->writes().size();
  peer_
      ->ExpectBytes("MAIL FROM:<a@me.test>\r\nRCPT TO:<b@x.test>\r\nRCPT TO:<c@x.test>\r\nDATA\r\n")
      .Reply("250 ok\r\n250 ok\r\n250 ok\r\n354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  EXPECT_THAT(Kinds(DeliverTo({"b@x.test", "c@x.test"})),
              ElementsAre(Result::kDelivered, Result::kDelivered));
  // And never past DATA: the message waits for 354, and takes one write with its dot.
  EXPECT_THAT(peer_->connection()->writes(), SizeIs(writes + 2));
}

TEST_F(ExchangeTest, PipelinesLongEnvelopesInBoundedGroups) {
  OpenWith({"PIPELINING"});
  std::vector<std::string> forward_paths;
  peer_->Expect(kMail).Reply("250 ok");
  for (int i = 0; i < 1000; ++i) {
    forward_paths.push_back(absl::StrCat("user", i, "@x.test"));
    peer_->Expect(absl::StrCat("RCPT TO:<user", i, "@x.test>")).Reply("250 ok");
  }
  peer_->Expect("DATA").Reply("354 go").ExpectMessage(kStuffed).Reply("250 done");
  EXPECT_EQ(Kinds(DeliverTo(forward_paths)), std::vector<Result>(1000, Result::kDelivered));
  for (const std::string& write : peer_->connection()->writes()) EXPECT_LE(write.size(), 8192u);
}

// Rule 4.
TEST_F(ExchangeTest, EachRecipientHasHisOwnResult) {
  for (const std::vector<std::string>& keywords :
       {std::vector<std::string>{}, std::vector<std::string>{"PIPELINING"}}) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    OpenWith(keywords);
    peer_->Expect(kMail)
        .Reply("250 ok")
        .Expect("RCPT TO:<b@x.test>")
        .Reply("550 5.1.1 nobody")
        .Expect("RCPT TO:<c@x.test>")
        .Reply("250 ok")
        .Expect("RCPT TO:<d@x.test>")
        .Reply("450 4.2.1 greylisted")
        .Expect("DATA")
        .Reply("354 go")
        .ExpectMessage(kStuffed)
        .Reply("250 done");
    const TransactionResult result = DeliverTo({"b@x.test", "c@x.test", "d@x.test"});
    EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed, Result::kDelivered, Result::kFailed));
    EXPECT_THAT(Codes(result), ElementsAre(550, 250, 450));
    EXPECT_EQ(result.recipients[0].failure.kind, Failed::kReply);
    EXPECT_EQ(result.recipients[0].failure.phase, Phase::kRcpt);
    EXPECT_EQ(result.recipients[0].failure.reply->enhanced_code, "5.1.1");
    EXPECT_TRUE(session_->usable());
    EXPECT_TRUE(peer_->done()) << peer_->error();
  }
}

TEST_F(ExchangeTest, ReplyToDataConcernsOnlyTheAccepted) {
  OpenWith({"PIPELINING"});
  peer_->Expect(kMail)
      .Expect("RCPT TO:<b@x.test>")
      .Expect("RCPT TO:<c@x.test>")
      .Expect("DATA")
      .Reply("250 ok\r\n550 nobody\r\n250 ok\r\n451 4.3.0 later");
  const TransactionResult result = DeliverTo({"b@x.test", "c@x.test"});
  EXPECT_THAT(Codes(result), ElementsAre(550, 451));
  EXPECT_EQ(result.recipients[1].failure.phase, Phase::kData);
}

TEST_F(ExchangeTest, ReplyToTheMessageConcernsOnlyTheAccepted) {
  OpenWith({});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("250 ok")
      .Expect("RCPT TO:<c@x.test>")
      .Reply("450 later")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("554 5.7.1 spam");
  const TransactionResult result = DeliverTo({"b@x.test", "c@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed, Result::kFailed));
  EXPECT_THAT(Codes(result), ElementsAre(554, 450));
  EXPECT_TRUE(session_->usable());
}

TEST_F(ExchangeTest, NoDataWhenNobodyIsAccepted) {
  OpenWith({});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("550 no")
      .Expect("RCPT TO:<c@x.test>")
      .Reply("551 no")
      .Expect("QUIT")
      .Reply("221 bye");
  EXPECT_THAT(Codes(DeliverTo({"b@x.test", "c@x.test"})), ElementsAre(550, 551));
  EXPECT_TRUE(loop_.Run(session_->Quit()));
}

// Rule 5.
TEST_F(ExchangeTest, LoneDotWhenDataIsAcceptedForNobody) {
  OpenWith({"PIPELINING"});
  peer_->Expect(kMail)
      .Expect("RCPT TO:<b@x.test>")
      .Expect("DATA")
      .Reply("250 ok\r\n550 nobody\r\n354 go")
      .ExpectBytes(".\r\n")
      // Even a positive answer delivers to nobody.
      .Reply("250 queued nothing");
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed));
  EXPECT_THAT(Codes(result), ElementsAre(550));
  EXPECT_TRUE(session_->usable());
}

TEST_F(ExchangeTest, RefusedMailConcernsAll) {
  for (const std::vector<std::string>& keywords :
       {std::vector<std::string>{}, std::vector<std::string>{"PIPELINING"}}) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    OpenWith(keywords);
    peer_->Expect(kMail).Reply("550 5.7.1 not from you");
    if (!keywords.empty()) {
      peer_->Expect("RCPT TO:<b@x.test>").Expect("DATA").Reply("503 no MAIL\r\n503 no RCPT");
    }
    const TransactionResult result = DeliverTo({"b@x.test"});
    EXPECT_THAT(Codes(result), ElementsAre(550));
    EXPECT_EQ(result.recipients[0].failure.phase, Phase::kMail);
    EXPECT_TRUE(session_->usable());
    EXPECT_TRUE(peer_->done()) << peer_->error();
  }
}

TEST_F(ExchangeTest, RefusedMailButDataAccepted) {
  OpenWith({"PIPELINING"});
  peer_->Expect(kMail)
      .Expect("RCPT TO:<b@x.test>")
      .Expect("DATA")
      .Reply("451 4.7.1 later\r\n250 ok\r\n354 go")
      .ExpectBytes(".\r\n")
      .Reply("554 no valid recipients");
  EXPECT_THAT(Codes(DeliverTo({"b@x.test"})), ElementsAre(451));
  EXPECT_TRUE(session_->usable());
}

TEST_F(ExchangeTest, TooManyRecipientsGoIntoANewTransaction) {
  struct Case {
    const char* reply;
    Result want;
  };
  const Case kCases[] = {
      {"452 4.5.3 too many", Result::kUntried}, {"452 too many recipients", Result::kUntried},
      {"552 5.5.3 too many", Result::kUntried}, {"452 4.2.2 mailbox full", Result::kFailed},
      {"452 4.3.1 disk full", Result::kFailed}, {"552 5.2.2 over quota", Result::kFailed},
      {"552 too big", Result::kFailed},         {"450 4.5.3 whatever", Result::kFailed},
  };
  for (const Case& c : kCases) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    OpenWith({"PIPELINING"});
    peer_->Expect(kMail)
        .Expect("RCPT TO:<b@x.test>")
        .Expect("RCPT TO:<c@x.test>")
        .Expect("DATA")
        .Reply(absl::StrCat("250 ok\r\n250 ok\r\n", c.reply, "\r\n354 go"))
        .ExpectMessage(kStuffed)
        .Reply("250 done");
    const TransactionResult result = DeliverTo({"b@x.test", "c@x.test"});
    EXPECT_THAT(Kinds(result), ElementsAre(Result::kDelivered, c.want)) << c.reply;
    EXPECT_FALSE(result.session_failure.has_value());
    EXPECT_TRUE(session_->usable());
    EXPECT_TRUE(peer_->done()) << peer_->error();
  }
}

TEST_F(ExchangeTest, StopsAskingOnceTheTransactionIsFull) {
  OpenWith({});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("250 ok")
      .Expect("RCPT TO:<c@x.test>")
      .Reply("452 4.5.3 too many")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  EXPECT_THAT(Kinds(DeliverTo({"b@x.test", "c@x.test", "d@x.test"})),
              ElementsAre(Result::kDelivered, Result::kUntried, Result::kUntried));
}

TEST_F(ExchangeTest, TooManyForTheFirstRecipientIsADeferral) {
  // Else the same transaction would be tried for ever.
  OpenWith({});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("452 4.5.3 too many")
      .Expect("RCPT TO:<c@x.test>")
      .Reply("452 4.5.3 too many");
  const TransactionResult result = DeliverTo({"b@x.test", "c@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed, Result::kFailed));
  EXPECT_THAT(Codes(result), ElementsAre(452, 452));
}

TEST_F(ExchangeTest, NoResetAfterSuccess) {
  OpenWith({});
  for (int i = 0; i < 2; ++i) {
    peer_->Expect(kMail)
        .Reply("250 ok")
        .Expect("RCPT TO:<b@x.test>")
        .Reply("250 ok")
        .Expect("DATA")
        .Reply("354 go")
        .ExpectMessage(kStuffed)
        .Reply("250 done");
    EXPECT_THAT(Kinds(DeliverTo({"b@x.test"})), ElementsAre(Result::kDelivered));
  }
}

TEST_F(ExchangeTest, ResetAfterAnUnfinishedTransaction) {
  OpenWith({"PIPELINING"});
  peer_->Expect(kMail)
      .Expect("RCPT TO:<b@x.test>")
      .Expect("DATA")
      .Reply("250 ok\r\n550 no\r\n554 no valid recipients");
  EXPECT_THAT(Codes(DeliverTo({"b@x.test"})), ElementsAre(550));
  peer_->ExpectBytes("RSET\r\nMAIL FROM:<a@me.test>\r\nRCPT TO:<c@x.test>\r\nDATA\r\n")
      .Reply("250 reset\r\n250 ok\r\n250 ok\r\n354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  EXPECT_THAT(Kinds(DeliverTo({"c@x.test"})), ElementsAre(Result::kDelivered));
}

TEST_F(ExchangeTest, RefusedResetEndsTheSession) {
  OpenWith({});
  peer_->Expect(kMail).Reply("250 ok").Expect("RCPT TO:<b@x.test>").Reply("550 no");
  DeliverTo({"b@x.test"});
  peer_->Expect("RSET").Reply("500 what?").ExpectClose();
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kUntried));
  ASSERT_TRUE(result.session_failure.has_value());
  EXPECT_FALSE(session_->usable());
}

TEST_F(ExchangeTest, WhatTheServerLacksIsToldWithoutAsking) {
  OpenWith({"SIZE 21"});
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed));
  EXPECT_EQ(result.recipients[0].failure.kind, Failed::kUnsupported);
  EXPECT_EQ(result.recipients[0].failure.enhanced_code, "5.3.4");
  EXPECT_FALSE(result.recipients[0].reply.has_value());
  EXPECT_THAT(result.recipients[0].failure.description, HasSubstr("22 bytes"));
  EXPECT_TRUE(session_->usable());
}

TEST_F(ExchangeTest, SignedEightBitContentNeedsAServerThatTakesIt) {
  OpenWith({});
  Transaction transaction = To({"b@x.test"});
  transaction.message = std::make_shared<const std::string>("DKIM-Signature: x\r\n\r\n\xff\r\n");
  transaction.is_8bit = true;
  const TransactionResult result = Deliver(transaction);
  EXPECT_EQ(result.recipients[0].failure.kind, Failed::kUnsupported);
  EXPECT_EQ(result.recipients[0].failure.enhanced_code, "5.6.3");
  EXPECT_TRUE(session_->usable());
}

TEST_F(ExchangeTest, EightBitContentIsConvertedForAServerThatWantsSevenBits) {
  OpenWith({});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(
          "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9\r\n")
      .Reply("250 done");
  Transaction transaction = To({"b@x.test"});
  transaction.message = std::make_shared<const std::string>(
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\ncaf\xC3\xA9\r\n");
  transaction.is_8bit = true;
  EXPECT_THAT(Kinds(Deliver(transaction)), ElementsAre(Result::kDelivered));
}

TEST_F(ExchangeTest, OneUnsupportedRecipientLeavesTheOthersAlone) {
  OpenWith({});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<c@x.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  const TransactionResult result = DeliverTo({"bö@x.test", "c@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed, Result::kDelivered));
  EXPECT_EQ(result.recipients[0].failure.kind, Failed::kUnsupported);
}

TEST_F(ExchangeTest, SaysWhatTheMessageNeeds) {
  OpenWith({"SIZE 1000", "8BITMIME", "SMTPUTF8"});
  peer_->Expect("MAIL FROM:<a@me.test> SIZE=22 BODY=8BITMIME SMTPUTF8")
      .Reply("250 ok")
      .Expect("RCPT TO:<bö@x.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  Transaction transaction = To({"bö@x.test"});
  transaction.is_8bit = true;
  EXPECT_THAT(Kinds(Deliver(transaction)), ElementsAre(Result::kDelivered));
}

TEST_F(ExchangeTest, ChunkingNeedsNeitherDataNorStuffing) {
  OpenWith({"PIPELINING", "CHUNKING"});
  const size_t writes = peer_->connection()->writes().size();
  peer_->ExpectBytes("MAIL FROM:<a@me.test>\r\nRCPT TO:<b@x.test>\r\n")
      .Reply("250 ok\r\n250 ok")
      .ExpectBytes(absl::StrCat("BDAT 22 LAST\r\n", kMessage))
      .Reply("250 done");
  EXPECT_THAT(Kinds(DeliverTo({"b@x.test"})), ElementsAre(Result::kDelivered));
  EXPECT_THAT(peer_->connection()->writes(), SizeIs(writes + 2));
}

TEST_F(ExchangeTest, ChunkingWithNobodyAcceptedSendsNothing) {
  OpenWith({"CHUNKING"});
  peer_->Expect(kMail).Reply("250 ok").Expect("RCPT TO:<b@x.test>").Reply("550 no");
  EXPECT_THAT(Codes(DeliverTo({"b@x.test"})), ElementsAre(550));
  peer_->Expect("RSET")
      .Reply("250 ok")
      .Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<c@x.test>")
      .Reply("250 ok")
      .ExpectBytes(absl::StrCat("BDAT 22 LAST\r\n", kMessage))
      .Reply("554 5.6.0 no");
  EXPECT_THAT(Codes(DeliverTo({"c@x.test"})), ElementsAre(554));
  EXPECT_TRUE(session_->usable());
}

TEST_F(ExchangeTest, ChunkingCanBeSwitchedOff) {
  options_.use_chunking = false;
  OpenWith({"CHUNKING"});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 done");
  EXPECT_THAT(Kinds(DeliverTo({"b@x.test"})), ElementsAre(Result::kDelivered));
}

TEST_F(ExchangeTest, LargeMessageGoesOutInBlocks) {
  OpenWith({"PIPELINING"});
  std::string message;
  std::string wire;
  for (int i = 0; i < 20000; ++i) {
    absl::StrAppend(&message, ".line ", i, "\r\n");
    absl::StrAppend(&wire, "..line ", i, "\r\n");
  }
  Transaction transaction = To({"b@x.test"});
  transaction.message = std::make_shared<const std::string>(message);
  peer_->Expect(kMail)
      .Expect("RCPT TO:<b@x.test>")
      .Expect("DATA")
      .Reply("250 ok\r\n250 ok\r\n354 go")
      .ExpectMessage(wire)
      .Reply("250 done");
  EXPECT_THAT(Kinds(Deliver(transaction)), ElementsAre(Result::kDelivered));
  EXPECT_THAT(peer_->connection()->writes().back(), ::testing::EndsWith("\r\n.\r\n"));
  EXPECT_GT(peer_->connection()->writes().size(), 5u);
}

// Rule 3.
TEST_F(ExchangeTest, A421EndsTheSessionAndTouchesNobodyUnanswered) {
  OpenWith({"PIPELINING"});
  peer_->Expect(kMail)
      .Expect("RCPT TO:<b@x.test>")
      .Expect("RCPT TO:<c@x.test>")
      .Expect("RCPT TO:<d@x.test>")
      .Expect("DATA")
      .Reply("250 ok\r\n550 nobody\r\n250 ok\r\n421 4.3.2 shutting down")
      .ExpectClose();
  const TransactionResult result = DeliverTo({"b@x.test", "c@x.test", "d@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed, Result::kUntried, Result::kUntried));
  ASSERT_TRUE(result.session_failure.has_value());
  EXPECT_EQ(result.session_failure->kind, Failed::kReply);
  EXPECT_EQ(result.session_failure->phase, Phase::kRcpt);
  EXPECT_EQ(result.session_failure->reply->code, 421);
  EXPECT_FALSE(session_->usable());
}

TEST_F(ExchangeTest, A421ForAReusedSession) {
  OpenWith({});
  peer_->Send("421 4.4.2 idle too long\r\n").Expect(kMail).ExpectClose();
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kUntried));
  EXPECT_EQ(result.session_failure->reply->code, 421);
}

TEST_F(ExchangeTest, A421AfterTheMessageIsItsAnswer) {
  OpenWith({});
  peer_->Expect(kMail)
      .Reply("250 ok")
      .Expect("RCPT TO:<b@x.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage(kStuffed)
      .Reply("421 4.3.0 cannot now")
      .ExpectClose();
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kFailed));
  EXPECT_THAT(Codes(result), ElementsAre(421));
  EXPECT_TRUE(result.session_failure.has_value());
  EXPECT_FALSE(session_->usable());
}

TEST_F(ExchangeTest, NothingMoreAfterTheSessionEnded) {
  OpenWith({});
  peer_->Expect(kMail).Reply("421 bye").ExpectClose();
  DeliverTo({"b@x.test"});
  const TransactionResult result = DeliverTo({"b@x.test"});
  EXPECT_THAT(Kinds(result), ElementsAre(Result::kUntried));
  EXPECT_EQ(result.session_failure->kind, Failed::kConnection);
  EXPECT_TRUE(loop_.Run(session_->Quit()));
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
