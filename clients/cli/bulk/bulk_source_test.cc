#include "clients/cli/bulk/bulk_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/bulk/csv_emails.h"
#include "clients/cli/bulk/mbox_emails.h"

namespace mailstrom::cli {
namespace {

v1::SendEmailRequest Shared() {
  v1::SendEmailRequest shared;
  v1::Content& content = *shared.mutable_content();
  content.add_from()->mutable_mailbox()->set_address("ann@a.test");
  content.set_subject("Hi {name}");
  content.set_text("Dear {name},");
  content.set_html("<p>{name}");
  return shared;
}

std::vector<BulkEmail> All(BulkSource& source) {
  std::vector<BulkEmail> emails;
  while (std::optional<BulkEmail> email = source.Next()) emails.push_back(*std::move(email));
  return emails;
}

std::vector<BulkEmail> ReadCsv(const std::string& text) {
  std::istringstream in(text);
  absl::StatusOr<std::unique_ptr<CsvEmails>> emails = CsvEmails::Open(in, Shared());
  EXPECT_TRUE(emails.ok()) << emails.status();
  return emails.ok() ? All(**emails) : std::vector<BulkEmail>();
}

TEST(CsvEmailsTest, MakesAnEmailOfEachRecord) {
  const std::vector<BulkEmail> emails = ReadCsv(
      "To,Name,CC,Tag.list\r\n"
      "\"Bob <bob@b.test>, bea@b.test\",\"B & B\",\"x@x.test\",spring\r\n"
      "\r\n"
      "c@c.test,Cleo,,\r\n");
  ASSERT_EQ(emails.size(), 2);
  EXPECT_EQ(emails[0].number, 1);
  EXPECT_EQ(emails[0].line, 2);
  ASSERT_TRUE(emails[0].request.ok()) << emails[0].request.status();
  const v1::SendEmailRequest& first = *emails[0].request;
  EXPECT_EQ(first.content().from(0).mailbox().address(), "ann@a.test");
  ASSERT_EQ(first.content().to_size(), 2);
  EXPECT_EQ(first.content().to(0).mailbox().display_name(), "Bob");
  EXPECT_EQ(first.content().to(1).mailbox().address(), "bea@b.test");
  EXPECT_EQ(first.content().cc(0).mailbox().address(), "x@x.test");
  EXPECT_EQ(first.content().subject(), "Hi B & B");
  EXPECT_EQ(first.content().text(), "Dear B & B,");
  EXPECT_EQ(first.content().html(), "<p>B &amp; B");
  EXPECT_EQ(first.tags().at("list"), "spring");
  EXPECT_EQ(emails[1].number, 2);
  EXPECT_EQ(emails[1].line, 4);
  ASSERT_TRUE(emails[1].request.ok()) << emails[1].request.status();
  EXPECT_EQ(emails[1].request->content().cc_size(), 0);
  EXPECT_TRUE(emails[1].request->tags().empty());
}

TEST(CsvEmailsTest, CellsGoBeforeWhatAllHave) {
  const std::vector<BulkEmail> emails = ReadCsv(
      "to,name,from,subject,text,html\n"
      "b@b.test,Bob,eve@e.test,Own {name},t,<b>\n"
      "b@b.test,Bob,,,,\n");
  ASSERT_TRUE(emails[0].request.ok() && emails[1].request.ok());
  const v1::Content& own = emails[0].request->content();
  EXPECT_EQ(own.from_size(), 1);
  EXPECT_EQ(own.from(0).mailbox().address(), "eve@e.test");
  EXPECT_EQ(own.subject(), "Own {name}");
  EXPECT_EQ(own.text(), "t");
  EXPECT_EQ(own.html(), "<b>");
  EXPECT_EQ(emails[1].request->content().subject(), "Hi Bob");
  EXPECT_EQ(emails[1].request->content().from(0).mailbox().address(), "ann@a.test");
}

TEST(CsvEmailsTest, AWrongRecordLeavesTheOthersAlone) {
  const std::vector<BulkEmail> emails = ReadCsv(
      "to,name\n"
      "b@b.test\n"
      "b@,Bob\n"
      "b@b.test,\xff\n"
      ",Nobody\n"
      "c@c.test,Cleo\n");
  ASSERT_EQ(emails.size(), 5);
  EXPECT_EQ(emails[0].request.status().message(), "1 fields for 2 columns");
  EXPECT_TRUE(absl::StartsWith(emails[1].request.status().message(), "to: "));
  EXPECT_EQ(emails[2].request.status().message(), "name is not UTF-8 text");
  EXPECT_EQ(emails[3].request.status().message(), "there is no recipient");
  EXPECT_TRUE(emails[4].request.ok());
  EXPECT_EQ(emails[4].line, 6);
  EXPECT_FALSE(emails[3].is_end);
}

TEST(CsvEmailsTest, EndsWhereTheFileIsNoCsv) {
  const std::vector<BulkEmail> emails = ReadCsv("to,name\nb@b.test,Bob\nc@c.test,\"Cleo\n");
  ASSERT_EQ(emails.size(), 2);
  EXPECT_TRUE(emails[1].is_end);
  EXPECT_EQ(emails[1].line, 3);
  EXPECT_TRUE(absl::StrContains(emails[1].request.status().message(), "never closed"));
}

TEST(CsvEmailsTest, ColumnsMustMakeSense) {
  const struct {
    std::string text;
    std::string error;
  } kCases[] = {
      {"", "line 1: there is no first line with the names of columns"},
      {"to,,name\n", "line 1: a column has no name"},
      {"to,name,TO\n", "line 1: there are two columns 'to'"},
      {"email,name\n", "line 1: there is no column `to`: the first line names the columns"},
      {"to\n", "{name} is no column; there are to"},
  };
  for (const auto& test : kCases) {
    std::istringstream in(test.text);
    EXPECT_EQ(CsvEmails::Open(in, Shared()).status().message(), test.error);
  }
}

TEST(MboxEmailsTest, MessagesGoAsTheyAre) {
  std::istringstream in("From a\nTo: b@b.test\n\nHi\n\nFrom a\n\nFrom b\nTo: c@c.test\n\nHo\n");
  v1::SendEmailRequest shared;
  shared.mutable_envelope()->set_reverse_path("bounces@a.test");
  MboxEmails source(in, shared);
  const std::vector<BulkEmail> emails = All(source);
  ASSERT_EQ(emails.size(), 3);
  ASSERT_TRUE(emails[0].request.ok());
  EXPECT_EQ(emails[0].request->raw_message(), "To: b@b.test\n\nHi\n");
  EXPECT_EQ(emails[0].request->envelope().reverse_path(), "bounces@a.test");
  EXPECT_EQ(emails[1].request.status().message(), "the message is empty");
  EXPECT_EQ(emails[2].number, 3);
  EXPECT_EQ(emails[2].line, 8);
}

TEST(MboxEmailsTest, OtherFilesAreRefused) {
  std::istringstream in("To: b@b.test\n\nHi\n");
  MboxEmails source(in, {});
  const std::vector<BulkEmail> emails = All(source);
  ASSERT_EQ(emails.size(), 1);
  EXPECT_TRUE(emails[0].is_end);
  EXPECT_FALSE(emails[0].request.ok());
}

}  // namespace
}  // namespace mailstrom::cli
