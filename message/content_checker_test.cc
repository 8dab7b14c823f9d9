#include "message/content_checker.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1767323045);

Content Valid() {
  Content content;
  content.from = {Mailbox{"alice@example.com", "Alice"}};
  content.to = {Mailbox{"bob@example.net", ""}};
  content.subject = "Hello";
  content.text = "Hi";
  return content;
}

std::string Fields(const std::vector<Violation>& violations) {
  return absl::StrJoin(violations, " ", [](std::string* out, const Violation& violation) {
    absl::StrAppend(out, violation.field);
  });
}

struct Case {
  const char* name;
  std::function<void(Content&)> change;
  // The fields of the violations, or of the warnings.
  const char* want;
};

TEST(ContentCheckerTest, FindsViolations) {
  const Case kCases[] = {
      {"nothing wrong", [](Content&) {}, ""},
      {"no author", [](Content& c) { c.from.clear(); }, "from"},
      {"unset address", [](Content& c) { c.to = {Address()}; }, "to[0].mailbox.address"},
      {"two authors", [](Content& c) { c.from.push_back(Mailbox{"b@example.com", ""}); }, "sender"},
      {"two authors and a sender",
       [](Content& c) {
         c.from.push_back(Mailbox{"b@example.com", ""});
         c.sender = Mailbox{"c@example.com", ""};
       },
       ""},
      {"bad sender", [](Content& c) { c.sender = Mailbox{"c", "\n"}; },
       "sender.address sender.display_name"},
      {"empty group as author", [](Content& c) { c.from = {Group{"Robots", {}}}; }, ""},
      {"group without name", [](Content& c) { c.cc = {Group{" ", {}}}; },
       "cc[0].group.display_name"},
      {"bad member", [](Content& c) { c.bcc = {Group{"G", {{"a@b.example", ""}, {"a", ""}}}}; },
       "bcc[0].group.members[1].address"},
      {"comment in an address", [](Content& c) { c.reply_to = {Mailbox{"a@b.example (x)", ""}}; },
       "reply_to[0].mailbox.address"},
      {"name at its limit",
       [](Content& c) { c.to = {Mailbox{"a@b.example", std::string(1024, 'x')}}; }, ""},
      {"name over its limit",
       [](Content& c) { c.to = {Mailbox{"a@b.example", std::string(1025, 'x')}}; },
       "to[0].mailbox.display_name"},
      {"subject at its limit", [](Content& c) { c.subject = std::string(4096, 'x'); }, ""},
      {"subject over its limit", [](Content& c) { c.subject = std::string(4097, 'x'); }, "subject"},
      {"escape in the subject", [](Content& c) { c.subject = "\x1b"; }, "subject"},
      {"tab in the subject", [](Content& c) { c.subject = "a\tb"; }, ""},
      {"first date", [](Content& c) { c.date = absl::FromUnixSeconds(-2208988800); }, ""},
      {"date before", [](Content& c) { c.date = absl::FromUnixSeconds(-2208988801); }, "date"},
      {"last date", [](Content& c) { c.date = absl::FromUnixSeconds(253402300799); }, ""},
      {"date after", [](Content& c) { c.date = absl::FromUnixSeconds(253402300800); }, "date"},
      {"id in brackets", [](Content& c) { c.message_id = "<a@b>"; }, "message_id"},
      {"id without at sign", [](Content& c) { c.references = {"a"}; }, "references[0]"},
      {"id with a space", [](Content& c) { c.in_reply_to = {"\"a b\"@c"}; }, "in_reply_to[0]"},
      {"id in UTF-8", [](Content& c) { c.in_reply_to = {"ü@c"}; }, "in_reply_to[0]"},
      {"id with a literal", [](Content& c) { c.in_reply_to = {"a@[192.0.2.1]"}; }, ""},
      {"id too long", [](Content& c) { c.message_id = std::string(990, 'x') + "@b"; },
       "message_id"},
      {"bare CR in the text", [](Content& c) { c.text = "a\rb"; }, ""},
      {"Latin-1 in the text", [](Content& c) { c.text = "\xfc"; }, "text"},
      {"path as file name", [](Content& c) { c.attachments = {{"/etc/x", "", "", ""}}; }, ""},
      {"encoded parameter",
       [](Content& c) { c.attachments = {{"", "a/b; name*=utf-8''x", "", ""}}; },
       "attachments[0].content_type"},
      {"message in a message",
       [](Content& c) { c.attachments = {{"", "message/rfc822", "Subject: a\r\n\r\nb", ""}}; }, ""},
      {"8-bit message in a message",
       [](Content& c) { c.attachments = {{"", "message/rfc822", "Subject: \xfc\r\n\r\n", ""}}; },
       "attachments[0].data"},
      {"same content id twice",
       [](Content& c) { c.attachments = {{"", "", "", "a@b"}, {"", "", "", "a@b"}}; },
       "attachments[1].content_id"},
      {"header without name", [](Content& c) { c.headers = {{"", "x"}}; }, "headers[0].name"},
      {"header name with a space", [](Content& c) { c.headers = {{"X Y", "x"}}; },
       "headers[0].name"},
      {"header name too long", [](Content& c) { c.headers = {{std::string(77, 'x'), "x"}}; },
       "headers[0].name"},
      {"header value with white space at its end", [](Content& c) { c.headers = {{"X", "x "}}; },
       "headers[0].value"},
      {"word at its limit", [](Content& c) { c.headers = {{"X", std::string(990, 'x')}}; }, ""},
      {"word over its limit", [](Content& c) { c.headers = {{"X", std::string(991, 'x')}}; },
       "headers[0].value"},
      {"empty header value", [](Content& c) { c.headers = {{"X", ""}}; }, ""},
      {"URI without scheme", [](Content& c) { c.list_unsubscribe_uris = {"//example.com"}; },
       "list_unsubscribe_uris[0]"},
      {"URI with a bracket", [](Content& c) { c.list_unsubscribe_uris = {"https://a/>"}; },
       "list_unsubscribe_uris[0]"},
      {"URI with a space", [](Content& c) { c.list_unsubscribe_uris = {"https://a/ b"}; },
       "list_unsubscribe_uris[0]"},
      {"empty URI", [](Content& c) { c.list_unsubscribe_uris = {""}; }, "list_unsubscribe_uris[0]"},
  };
  for (const Case& c : kCases) {
    Content content = Valid();
    c.change(content);
    EXPECT_EQ(Fields(CheckContent(content, kNow).violations), c.want) << c.name;
  }
}

TEST(ContentCheckerTest, RefusesFieldsThatAreNotTheCallers) {
  for (const char* name : {"From",
                           "sender",
                           "REPLY-TO",
                           "To",
                           "Cc",
                           "Bcc",
                           "Subject",
                           "Date",
                           "Message-ID",
                           "In-Reply-To",
                           "References",
                           "MIME-Version",
                           "Content-Type",
                           "Content-Disposition",
                           "List-Unsubscribe",
                           "List-Unsubscribe-Post",
                           "DKIM-Signature",
                           "Received",
                           "Return-Path",
                           "Authentication-Results",
                           "ARC-Seal",
                           "Resent-To",
                           "Delivered-To"}) {
    Content content = Valid();
    content.headers = {{name, "x"}};
    EXPECT_EQ(Fields(CheckContent(content, kNow).violations), "headers[0].name") << name;
  }
  for (const char* name : {"X-Priority", "List-Id", "Auto-Submitted", "Feedback-ID", "Precedence",
                           "Organization", "Comments", "Keywords", "!"}) {
    Content content = Valid();
    content.headers = {{name, "x"}};
    EXPECT_EQ(Fields(CheckContent(content, kNow).violations), "") << name;
  }
}

TEST(ContentCheckerTest, WarnsOfWhatHurtsDelivery) {
  const Case kCases[] = {
      {"nothing to warn of", [](Content&) {}, ""},
      {"no subject", [](Content& c) { c.subject.clear(); }, "subject"},
      {"long subject", [](Content& c) { c.subject = std::string(201, 'x'); }, "subject"},
      {"long, counted in characters",
       [](Content& c) {
         c.subject.clear();
         for (int i = 0; i < 200; ++i) c.subject.append("ü");
       },
       ""},
      {"HTML alone",
       [](Content& c) {
         c.html = "<p>Hi</p>";
         c.text.clear();
       },
       "text"},
      {"nothing to read", [](Content& c) { c.text.clear(); }, "text"},
      {"old date", [](Content& c) { c.date = kNow - absl::Hours(169); }, "date"},
      {"date ahead", [](Content& c) { c.date = kNow + absl::Hours(25); }, "date"},
      {"recent date", [](Content& c) { c.date = kNow - absl::Hours(100); }, ""},
      {"content id without HTML", [](Content& c) { c.attachments = {{"", "", "", "a@b"}}; },
       "attachments[0].content_id"},
      {"unsubscribing in clear",
       [](Content& c) { c.list_unsubscribe_uris = {"http://example.com/"}; },
       "list_unsubscribe_uris[0]"},
  };
  for (const Case& c : kCases) {
    Content content = Valid();
    c.change(content);
    EXPECT_EQ(Fields(CheckContent(content, kNow).warnings), c.want) << c.name;
  }
}

TEST(ContentCheckerTest, SaysWhatIsWrong) {
  Content content = Valid();
  content.subject = "a\r\nBcc: b@example.com";
  content.to = {Mailbox{"bob example.net", ""}};
  const ContentReport report = CheckContent(content, kNow);
  ASSERT_EQ(report.violations.size(), 2u);
  EXPECT_EQ(report.violations[0].description,
            "at octet 4: not allowed in a local-part without quotes (RFC 5321 §4.1.2)");
  EXPECT_EQ(report.violations[1].description, "has a line break at octet 2 (RFC 5322 §2.2)");
}

}  // namespace
}  // namespace mailstrom::message
