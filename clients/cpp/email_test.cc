#include "clients/cpp/email.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace mailstrom::client {
namespace {

TEST(EmailTest, ReadsMailboxes) {
  struct Case {
    std::string text, address, name;
  };
  for (const Case& c : {Case{"ann@a.test", "ann@a.test", ""},
                        {"Ann <ann@a.test>", "ann@a.test", "Ann"},
                        {"\"Ärmel, \\\"Ann\\\"\" <ann@a.test>", "ann@a.test", "Ärmel, \"Ann\""},
                        {" <ann@a.test> ", "ann@a.test", ""},
                        {"no address", "no address", ""},
                        {"", "", ""}}) {
    EXPECT_EQ(ToMailbox(c.text).address(), c.address) << c.text;
    EXPECT_EQ(ToMailbox(c.text).display_name(), c.name) << c.text;
  }
}

TEST(EmailTest, PutsEverythingInItsPlace) {
  Email email{.from = "Ann <a@a.test>",
              .to = {"t@t.test", "u@t.test"},
              .cc = {"c@c.test"},
              .bcc = {"b@b.test"},
              .reply_to = {"r@r.test"},
              .subject = "S",
              .text = "T",
              .html = "H",
              .attachments = {},
              .tags = {{"k", "v"}},
              .send_time = absl::FromUnixMillis(1500),
              .request_id = "r1"};
  email.attachments.emplace_back().set_filename("f");
  const v1::SendEmailRequest request = ToRequest(email);
  const v1::Content& content = request.content();
  EXPECT_EQ(content.from(0).mailbox().display_name(), "Ann");
  EXPECT_EQ(content.to_size(), 2);
  EXPECT_EQ(content.to(1).mailbox().address(), "u@t.test");
  EXPECT_EQ(content.cc(0).mailbox().address(), "c@c.test");
  EXPECT_EQ(content.bcc(0).mailbox().address(), "b@b.test");
  EXPECT_EQ(content.reply_to(0).mailbox().address(), "r@r.test");
  EXPECT_EQ(absl::StrCat(content.subject(), content.text(), content.html()), "STH");
  EXPECT_EQ(content.attachments(0).filename(), "f");
  EXPECT_EQ(request.tags().at("k"), "v");
  EXPECT_EQ(request.send_time().seconds(), 1);
  EXPECT_EQ(request.send_time().nanos(), 500'000'000);
  EXPECT_EQ(request.request_id(), "r1");
  EXPECT_FALSE(ToRequest(Email{}).has_send_time());
}

TEST(EmailTest, AttachesFiles) {
  const std::string path = testing::TempDir() + "/Report.PDF";
  const std::string data("\0\xff", 2);
  std::ofstream(path, std::ios::binary) << data;
  const absl::StatusOr<v1::Attachment> attachment = AttachFile(path);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_EQ(attachment->filename(), "Report.PDF");
  EXPECT_EQ(attachment->content_type(), "application/pdf");
  EXPECT_EQ(attachment->data(), data);

  const std::string unknown = testing::TempDir() + "/unknown";
  std::ofstream{unknown};
  EXPECT_EQ(AttachFile(unknown)->content_type(), "application/octet-stream");
  EXPECT_TRUE(absl::IsNotFound(AttachFile(testing::TempDir() + "/nothing").status()));
  EXPECT_FALSE(AttachFile(testing::TempDir()).ok());
}

}  // namespace
}  // namespace mailstrom::client
