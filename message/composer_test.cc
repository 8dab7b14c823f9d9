#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/random_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "message/message.h"

namespace mailstrom::message {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CountingRandomSource final : public RandomSource {
 public:
  uint64_t Next() override { return ++last_; }

 private:
  uint64_t last_ = 0;
};

class ComposerTest : public ::testing::Test {
 protected:
  ComposerTest() {
    content_.from = {Mailbox{"alice@example.com", "Alice"}};
    content_.to = {Mailbox{"bob@example.net", ""}};
    content_.subject = "Hello";
    content_.text = "Hi Bob\n";
  }

  Prepared Compose() {
    return message::Compose(content_, {absl::FromUnixSeconds(1767323045), "mx.example", &random_});
  }

  // The message, when there is one.
  std::string Bytes() {
    Prepared prepared = Compose();
    EXPECT_THAT(Fields(prepared.violations), IsEmpty());
    return prepared.message.bytes;
  }

  static std::vector<std::string> Fields(const std::vector<Violation>& violations) {
    std::vector<std::string> fields;
    for (const Violation& violation : violations) fields.push_back(violation.field);
    return fields;
  }

  CountingRandomSource random_;
  Content content_;
};

TEST_F(ComposerTest, WritesPlainMail) {
  EXPECT_EQ(Bytes(),
            "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"
            "From: Alice <alice@example.com>\r\n"
            "To: bob@example.net\r\n"
            "Subject: Hello\r\n"
            "Message-ID: <19b7ca98c88.0000000000000001@mx.example>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Hi Bob\r\n");
}

TEST_F(ComposerTest, WritesFieldsInOrder) {
  content_.sender = Mailbox{"carol@example.com", "Carol"};
  content_.reply_to = {Mailbox{"list@example.com", ""}};
  content_.cc = {Group{"Friends", {Mailbox{"dan@example.org", "Dan D."}}}, Group{"Nobody", {}}};
  content_.in_reply_to = {"1@example.com"};
  content_.references = {"0@example.com", "1@example.com"};
  content_.list_unsubscribe_uris = {"mailto:u@example.com", "https://example.com/u?1"};
  content_.headers = {{"X-One", "1"}, {"X-Two", "2"}};
  EXPECT_THAT(Bytes(), HasSubstr("From: Alice <alice@example.com>\r\n"
                                 "Sender: Carol <carol@example.com>\r\n"
                                 "Reply-To: list@example.com\r\n"
                                 "To: bob@example.net\r\n"
                                 "Cc: Friends: \"Dan D.\" <dan@example.org>;, Nobody:;\r\n"
                                 "Subject: Hello\r\n"));
  EXPECT_THAT(Bytes(), HasSubstr("In-Reply-To: <1@example.com>\r\n"
                                 "References: <0@example.com> <1@example.com>\r\n"
                                 "List-Unsubscribe: <mailto:u@example.com>, "
                                 "<https://example.com/u?1>\r\n"
                                 "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
                                 "X-One: 1\r\n"
                                 "X-Two: 2\r\n"
                                 "MIME-Version: 1.0\r\n"));
}

TEST_F(ComposerTest, NestsMultiparts) {
  content_.html = "<img src=\"cid:logo@example.com\">";
  content_.attachments = {{"logo.png", "image/png", "\x89PNG", "logo@example.com"},
                          {"a.txt", "text/plain", "abc", ""}};
  const std::string bytes = Bytes();
  const std::vector<std::string> order = {"Content-Type: multipart/mixed;",
                                          "Content-Type: multipart/alternative;",
                                          "Content-Type: text/plain; ",
                                          "Content-Type: multipart/related; type=\"text/html\";",
                                          "Content-Type: text/html; ",
                                          "Content-Type: image/png\r\n",
                                          "Content-Disposition: inline; filename=logo.png\r\n",
                                          "Content-ID: <logo@example.com>\r\n",
                                          "Content-Type: text/plain\r\n",
                                          "Content-Disposition: attachment; filename=a.txt\r\n"};
  size_t pos = 0;
  for (const std::string& part : order) {
    pos = bytes.find(part, pos);
    ASSERT_NE(pos, std::string::npos) << part << " is missing in\n" << bytes;
  }
}

TEST_F(ComposerTest, AvoidsBoundariesThatOccurInAPart) {
  content_.message_id = "1@example.com";
  content_.html = "<p>Hi</p>";
  // The first that the random source would give.
  const std::string boundary = "=_00000000000000010000000000000002";
  EXPECT_THAT(Bytes(), HasSubstr(absl::StrCat("boundary=\"", boundary, "\"")));
  random_ = CountingRandomSource();
  content_.text = absl::StrCat("--", boundary, "--\n");
  EXPECT_THAT(Bytes(), HasSubstr("boundary=\"=_00000000000000030000000000000004\""));
}

TEST_F(ComposerTest, WritesAttachmentsAlone) {
  content_.text.clear();
  content_.attachments = {{"", "", "\x01\x02\xff", "a@b"}};
  EXPECT_THAT(Bytes(), HasSubstr("Content-Type: application/octet-stream\r\n"
                                 "Content-Transfer-Encoding: base64\r\n"
                                 "Content-Disposition: attachment\r\n"
                                 "Content-ID: <a@b>\r\n"
                                 "\r\n"
                                 "AQL/\r\n"
                                 "\r\n--=_"));
  EXPECT_THAT(Bytes(), Not(HasSubstr("text/plain")));
}

TEST_F(ComposerTest, OmitsASenderThatRepeatsFrom) {
  content_.sender = Mailbox{"alice@example.com", ""};
  EXPECT_THAT(Bytes(), Not(HasSubstr("Sender:")));
  content_.sender->display_name = "Alice";
  EXPECT_THAT(Bytes(), Not(HasSubstr("Sender:")));
  content_.sender->display_name = "Somebody";
  EXPECT_THAT(Bytes(), HasSubstr("Sender: Somebody <alice@example.com>\r\n"));
}

TEST_F(ComposerTest, TakesAnyLineEnd) {
  content_.text = "a\rb\nc\r\nd\r\r\ne";
  EXPECT_THAT(Bytes(), HasSubstr("\r\n\r\na\r\nb\r\nc\r\nd\r\n\r\ne\r\n"));
  content_.text = "\n\ra\n\rb\r";
  EXPECT_THAT(Bytes(), EndsWith("\r\n\r\n\r\n\r\na\r\n\r\nb\r\n"));
}

TEST_F(ComposerTest, OffersOneClickForHttpsOnly) {
  content_.list_unsubscribe_uris = {"mailto:u@example.com"};
  EXPECT_THAT(Bytes(), Not(HasSubstr("List-Unsubscribe-Post")));
  content_.list_unsubscribe_uris = {"HTTPS://example.com/u"};
  EXPECT_THAT(Bytes(), HasSubstr("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
}

TEST_F(ComposerTest, KeepsBccOutOfTheMessage) {
  content_.bcc = {Mailbox{"secret@example.org", "Secret"}};
  const Prepared prepared = Compose();
  EXPECT_THAT(prepared.message.bytes, Not(HasSubstr("ecret")));
  EXPECT_THAT(prepared.envelope.forward_paths,
              ElementsAre("bob@example.net", "secret@example.org"));
}

TEST_F(ComposerTest, NamesNobodyWhenAllAreHidden) {
  content_.bcc = std::move(content_.to);
  content_.to.clear();
  EXPECT_THAT(Bytes(), HasSubstr("\r\nTo: undisclosed-recipients:;\r\n"));
}

TEST_F(ComposerTest, DerivesDistinctForwardPaths) {
  content_.to = {Mailbox{"bob@Example.NET", ""}, Mailbox{"BOB@example.net", ""},
                 Group{"G", {Mailbox{"bob@example.net", ""}, Mailbox{"eve@bücher.example", ""}}}};
  content_.cc = {Mailbox{"\"eve\"@xn--bcher-kva.example", ""}};
  const Prepared prepared = Compose();
  EXPECT_EQ(prepared.envelope.reverse_path, "alice@example.com");
  EXPECT_THAT(prepared.envelope.forward_paths,
              ElementsAre("bob@example.net", "BOB@example.net", "eve@xn--bcher-kva.example"));
}

TEST_F(ComposerTest, NeedsSmtpUtf8ForLocalPartsOnly) {
  content_.to = {Mailbox{"bob@bücher.example", "Bücher"}};
  EXPECT_FALSE(Compose().message.needs_smtputf8);
  EXPECT_FALSE(Compose().message.is_8bit);
  content_.to = {Mailbox{"böb@bücher.example", "Bücher"}};
  EXPECT_TRUE(Compose().message.needs_smtputf8);
  EXPECT_TRUE(Compose().message.is_8bit);
}

TEST_F(ComposerTest, ReportsAllViolationsAtOnce) {
  content_.from = {Group{
      "Team",
      {Mailbox{"a@example.com", ""}, Mailbox{"b@example.com", ""}, Mailbox{"c@@example.com", ""}}}};
  content_.to = {Mailbox{"bob@example.net", ""}, Mailbox{"bob", "x\r\nBcc: y@example.com"}};
  content_.subject = "a\nb";
  content_.date = absl::InfiniteFuture();
  content_.message_id = "<a@b>";
  content_.in_reply_to = {"a@b", "a"};
  content_.references = {"a b@c"};
  content_.text = std::string("a\0b", 3);
  content_.html = "\xff";
  content_.attachments = {{"a\rb", "text", "", "x"}, {"", "multipart/mixed", "", ""}};
  content_.headers = {
      {"Subject", "x"}, {"a:b", ""}, {"X-A", std::string(2000, 'x')}, {"X-B", "\n"}};
  content_.list_unsubscribe_uris = {"https://example.com/ü", "unsubscribe"};
  EXPECT_THAT(
      Fields(Compose().violations),
      ElementsAre("from[0].group.members[2].address", "sender", "to[1].mailbox.address",
                  "to[1].mailbox.display_name", "subject", "date", "message_id", "in_reply_to[1]",
                  "references[0]", "text", "html", "attachments[0].filename",
                  "attachments[0].content_type", "attachments[0].content_id",
                  "attachments[1].content_type", "headers[0].name", "headers[1].name",
                  "headers[2].value", "headers[3].value", "list_unsubscribe_uris[0]",
                  "list_unsubscribe_uris[1]"));
  EXPECT_THAT(Compose().message.bytes, IsEmpty());
}

TEST_F(ComposerTest, WarnsOfWhatHurtsDelivery) {
  content_.text.clear();
  content_.html = "<p>Hi</p>";
  content_.subject = std::string(201, 'x');
  EXPECT_THAT(Fields(Compose().warnings), ElementsAre("subject", "text"));
}

TEST_F(ComposerTest, StaysWithinLineLimits) {
  std::string long_text;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&long_text, "Grüße an ", i, " alle ");
  content_.subject = long_text;
  content_.to.clear();
  for (int i = 0; i < 40; ++i) {
    content_.to.push_back(
        Mailbox{absl::StrCat("user", i, "@example.com"), long_text.substr(0, 90)});
  }
  content_.text = std::string(5000, 'x');
  content_.attachments = {{absl::StrCat(long_text.substr(0, 600), ".txt"), "text/plain", "", ""}};
  for (absl::string_view line : absl::StrSplit(Bytes(), "\r\n")) {
    EXPECT_LE(line.size(), absl::StrContains(line, "=?utf-8?") ? 76u : 78u) << line;
  }
}

}  // namespace
}  // namespace mailstrom::message
