#include "delivery/smtp/envelope.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Transaction MakeTransaction(std::string reverse_path, std::vector<std::string> forward_paths) {
  Transaction transaction;
  transaction.reverse_path = std::move(reverse_path);
  transaction.forward_paths = std::move(forward_paths);
  transaction.message = std::make_shared<const std::string>("Subject: x\r\n\r\nbody\r\n");
  return transaction;
}

Capabilities Everything() {
  Capabilities all;
  all.pipelining = all.eight_bit_mime = all.smtputf8 = all.chunking = all.dsn = all.size = true;
  return all;
}

TEST(EnvelopeTest, SaysOnlyWhatIsNeededAndOffered) {
  Transaction plain = MakeTransaction("a@x.test", {"b@y.test"});
  EXPECT_EQ(MailCommand(plain, Capabilities()), "MAIL FROM:<a@x.test>\r\n");
  EXPECT_EQ(MailCommand(plain, Everything()), "MAIL FROM:<a@x.test> SIZE=20\r\n");
  EXPECT_EQ(RcptCommand(plain, 0, Everything()), "RCPT TO:<b@y.test>\r\n");

  Transaction eight_bit = plain;
  eight_bit.is_8bit = true;
  EXPECT_EQ(MailCommand(eight_bit, Everything()), "MAIL FROM:<a@x.test> SIZE=20 BODY=8BITMIME\r\n");

  Transaction header = plain;
  header.needs_smtputf8 = true;
  EXPECT_EQ(MailCommand(header, Everything()), "MAIL FROM:<a@x.test> SIZE=20 SMTPUTF8\r\n");

  EXPECT_EQ(MailCommand(MakeTransaction("", {"b@y.test"}), Capabilities()), "MAIL FROM:<>\r\n");
  EXPECT_THAT(MailCommand(MakeTransaction("ä@x.test", {"b@y.test"}), Everything()),
              HasSubstr(" SMTPUTF8"));
  EXPECT_THAT(MailCommand(MakeTransaction("a@x.test", {"b@y.test", "ö@y.test"}), Everything()),
              HasSubstr(" SMTPUTF8"));
}

TEST(EnvelopeTest, SizeCountsTheLastLineEnd) {
  Transaction transaction = MakeTransaction("a@x.test", {"b@y.test"});
  transaction.message = std::make_shared<const std::string>("12345");
  EXPECT_EQ(SizeBytes(transaction), 7u);
  transaction.message = std::make_shared<const std::string>("12345\r\n");
  EXPECT_EQ(SizeBytes(transaction), 7u);
  transaction.message = std::make_shared<const std::string>("");
  EXPECT_EQ(SizeBytes(transaction), 0u);
}

TEST(EnvelopeTest, FindsWhatTheServerLacks) {
  Capabilities small = Everything();
  small.max_size_bytes = 19;
  Transaction plain = MakeTransaction("a@x.test", {"b@y.test"});
  EXPECT_THAT(FindObstacles(plain, small).transaction.description, HasSubstr("at most 19"));
  small.max_size_bytes = 20;
  EXPECT_FALSE(FindObstacles(plain, small).transaction.exists());
  EXPECT_FALSE(FindObstacles(plain, Capabilities()).transaction.exists());

  Transaction eight_bit = plain;
  eight_bit.is_8bit = true;
  EXPECT_EQ(FindObstacles(eight_bit, Capabilities()).transaction.enhanced_code, "5.6.3");
  EXPECT_FALSE(FindObstacles(eight_bit, Everything()).transaction.exists());

  Transaction header = plain;
  header.needs_smtputf8 = true;
  EXPECT_EQ(FindObstacles(header, Capabilities()).transaction.enhanced_code, "5.6.7");
  EXPECT_FALSE(FindObstacles(header, Everything()).transaction.exists());
  EXPECT_THAT(FindObstacles(MakeTransaction("ä@x.test", {"b@y.test"}), Capabilities())
                  .transaction.description,
              HasSubstr("SMTPUTF8"));
}

TEST(EnvelopeTest, OneRecipientsNeedIsHisAlone) {
  const Obstacles obstacles =
      FindObstacles(MakeTransaction("a@x.test", {"b@y.test", "ö@y.test"}), Capabilities());
  EXPECT_FALSE(obstacles.transaction.exists());
  EXPECT_FALSE(obstacles.recipients[0].exists());
  EXPECT_EQ(obstacles.recipients[1].enhanced_code, "5.6.7");
}

TEST(EnvelopeTest, ControlCharactersNeverBecomeCommands) {
  const std::string evil = "a@x.test>\r\nRCPT TO:<c@z.test";
  EXPECT_TRUE(
      FindObstacles(MakeTransaction(evil, {"b@y.test"}), Everything()).transaction.exists());
  for (const std::string& path : {evil, std::string("a\n@x.test"), std::string("a\0@x.test", 9),
                                  std::string("a\x7f@x.test")}) {
    EXPECT_TRUE(
        FindObstacles(MakeTransaction("a@x.test", {path}), Everything()).recipients[0].exists());
  }
}

TEST(EnvelopeTest, AsksForNotificationsWhereOffered) {
  Transaction transaction = MakeTransaction("a@x.test", {"b@y.test", "c@y.test"});
  transaction.dsn.emplace();
  Capabilities dsn;
  dsn.dsn = true;
  EXPECT_EQ(MailCommand(transaction, dsn), "MAIL FROM:<a@x.test>\r\n");
  EXPECT_EQ(RcptCommand(transaction, 0, dsn), "RCPT TO:<b@y.test>\r\n");

  transaction.dsn->content = DsnRequest::Return::kHeaders;
  transaction.dsn->envelope_id = "id+1=x y";
  transaction.dsn->notify.emplace();
  transaction.dsn->original_recipients = {"b+tag@z.test", "ç@z.test"};
  EXPECT_EQ(MailCommand(transaction, dsn),
            "MAIL FROM:<a@x.test> RET=HDRS ENVID=id+2B1+3Dx+20y\r\n");
  EXPECT_EQ(RcptCommand(transaction, 0, dsn),
            "RCPT TO:<b@y.test> NOTIFY=NEVER ORCPT=rfc822;b+2Btag@z.test\r\n");
  EXPECT_EQ(RcptCommand(transaction, 1, dsn), "RCPT TO:<c@y.test> NOTIFY=NEVER\r\n");

  transaction.dsn->content = DsnRequest::Return::kFull;
  transaction.dsn->envelope_id = std::string(101, 'x');
  transaction.dsn->notify->failure = transaction.dsn->notify->delay = true;
  transaction.dsn->original_recipients.clear();
  EXPECT_EQ(MailCommand(transaction, dsn), "MAIL FROM:<a@x.test> RET=FULL\r\n");
  EXPECT_EQ(RcptCommand(transaction, 0, dsn), "RCPT TO:<b@y.test> NOTIFY=FAILURE,DELAY\r\n");
  transaction.dsn->notify->success = true;
  EXPECT_EQ(RcptCommand(transaction, 0, dsn),
            "RCPT TO:<b@y.test> NOTIFY=SUCCESS,FAILURE,DELAY\r\n");

  EXPECT_EQ(MailCommand(transaction, Capabilities()), "MAIL FROM:<a@x.test>\r\n");
  EXPECT_EQ(RcptCommand(transaction, 0, Capabilities()), "RCPT TO:<b@y.test>\r\n");
}

TEST(EnvelopeTest, NothingGetsOutOfAnEnvelopeId) {
  Transaction transaction = MakeTransaction("a@x.test", {"b@y.test"});
  transaction.dsn.emplace();
  transaction.dsn->envelope_id = "x\r\nRSET";
  Capabilities dsn;
  dsn.dsn = true;
  EXPECT_EQ(MailCommand(transaction, dsn), "MAIL FROM:<a@x.test> ENVID=x+0D+0ARSET\r\n");
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
