#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "message/message.h"

namespace mailstrom::message {
namespace {

using std::string_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FixedRandom final : public RandomSource {
 public:
  uint64_t Next() override { return 0xABC; }
};

Prepared Check(std::string raw) {
  FixedRandom random;
  return CheckRaw(std::move(raw), {absl::FromUnixSeconds(0), "mx.example", &random});
}

std::string Crlf(absl::string_view text) { return absl::StrReplaceAll(text, {{"\n", "\r\n"}}); }

// Each violation as `line: description`.
std::vector<std::string> Problems(const Prepared& prepared) {
  std::vector<std::string> result;
  for (const Violation& violation : prepared.violations) {
    result.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  return result;
}

constexpr char kDateAndId[] = "Date: Fri, 21 Nov 1997 09:55:06 -0600\nMessage-ID: <1@x.example>\n";

// A message that is right, but for `fields` and `body`.
std::string With(absl::string_view fields, absl::string_view body = "hi\n") {
  return absl::StrCat("From: a@x.example\n", kDateAndId, fields, "\n", body);
}

TEST(RawMessageTest, LeavesARightMessageAlone) {
  const std::string raw =
      Crlf(With("To: b@x.example\nSubject: a\n folded one\nX-Own: \nMIME-Version: 1.0 (really)\n"
                "Content-Type: multipart/mixed; boundary=x\n",
                "pre\n--x\n\na\n--x--\n"));
  const Prepared prepared = Check(raw);
  EXPECT_THAT(Problems(prepared), IsEmpty());
  EXPECT_EQ(prepared.message.bytes, raw);
  EXPECT_EQ(prepared.message.message_id, "1@x.example");
  EXPECT_FALSE(prepared.message.is_8bit);
  EXPECT_FALSE(prepared.message.needs_smtputf8);
}

TEST(RawMessageTest, RepairsWhatIsCertain) {
  struct Case {
    const char* name;
    std::string raw;
    std::string want;
  };
  const std::string head = absl::StrCat("From: a@x.example\n", kDateAndId);
  const Case cases[] = {
      {"bare LF and an open end", head + "\na\nb", Crlf(head + "\na\nb\n")},
      {"Date and Message-ID", "From: a@x.example\r\n\r\nhi\r\n",
       Crlf("From: a@x.example\nDate: Thu, 01 Jan 1970 00:00:00 +0000\n"
            "Message-ID: <0.0000000000000abc@mx.example>\n\nhi\n")},
      {"hidden recipients",
       "bcc: b@x.example,\n c@x.example\n" + head + "Resent-Bcc: d@x.example\n\nbcc: e@x.example\n",
       Crlf(head + "\nbcc: e@x.example\n")},
      {"empty Bcc", head + "Bcc:\n\nhi\n", Crlf(head + "\nhi\n")},
      {"no body", head, Crlf(head + "\n")},
      {"no end of the header", head + "Subject: x", Crlf(head + "Subject: x\n\n")},
  };
  for (const Case& c : cases) {
    const Prepared prepared = Check(c.raw);
    EXPECT_THAT(Problems(prepared), IsEmpty()) << c.name;
    EXPECT_EQ(prepared.message.bytes, c.want) << c.name;
  }
}

TEST(RawMessageTest, RefusesWithLineAndRule) {
  struct Case {
    std::string raw;
    const char* line;
    // A part of the description.
    const char* rule;
  };
  const std::string long_line(999, 'x');
  const Case cases[] = {
      {With("", "a\rb\n"), "line 5", "CR must be followed"},
      {With("", "a\n\0\n"s), "line 6", "NUL"},
      {With("", "a\n" + long_line + "\n"), "line 6", "999 octets"},
      {With("Subject: " + long_line + "\n"), "line 4", "octets"},
      {"Date: Fri, 21 Nov 1997 09:55:06 -0600\n\nhi\n", "line 1", "From is missing"},
      {"", "line 1", "From is missing"},
      {With("From: b@x.example\n"), "line 4", "only once"},
      {With("Subject: a\nSUBJECT: b\n"), "line 5", "on line 4 already"},
      {With("Date: Fri, 21 Nov 1997 09:55:06 -0600\n"), "line 4", "only once"},
      {With("To: b@x.example\nX-A: 1\nTo: c@x.example\n"), "line 6", "only once"},
      {With("MIME-Version: 1.0\nMIME-Version: 1.0\n"), "line 5", "only once"},
      {With("Content-Type: text/plain\nContent-Type: text/plain\nMIME-Version: 1.0\n"), "line 5",
       "only once"},
      {With("To: b@\n"), "line 4", "To: "},
      {With("X: 1\n 2\nTo: b@x.example, <c\n"), "line 6", "To: "},
      {With("Cc:\n"), "line 4", "Cc: "},
      {With("Cc: g: b@x_y.example;\n"), "line 4", "b@x_y.example"},
      {With("Bcc: nobody\n"), "line 4", "Bcc: "},
      {With("Reply-To: x y\n"), "line 4", "Reply-To: "},
      {With("Sender: b@x.example, c@x.example\n"), "line 4", "one mailbox"},
      {"From: a@x.example, b@x.example\n" + std::string(kDateAndId) + "\n", "line 1", "a Sender"},
      {"Date: yesterday\nFrom: a@x.example\n\n", "line 1", "Date: "},
      {"Date: Sat, 21 Nov 1997 09:55:06 -0600\nFrom: a@x.example\n\n", "line 1", "which is Fri"},
      {With("Resent-Date: soon\n"), "line 4", "Resent-Date: "},
      {"Message-ID: <a>\nFrom: a@x.example\n\n", "line 1", "Message-ID: "},
      {With("Subject : a\n"), "line 4", "white space before the colon"},
      {With("this is no field\n"), "line 4", "not a header field"},
      {With("Subject: a\n \n"), "line 5", "nothing but white space"},
      {With("Subject: \xE4\n"), "line 4", "UTF-8"},
      {With("Content-Type: text/plain\n"), "line 4", "MIME-Version"},
      {With("MIME-Version: 2.0\n"), "line 4", "must be 1.0"},
      {With("MIME-Version: 1.0\nContent-Type: text\n"), "line 5", "Content-Type: "},
      {With("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n"), "line 1",
       "closing delimiter"},
      {With("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n", "--x\n\na\n"),
       "line 1", "closing delimiter"},
      {With("MIME-Version: 1.0\nContent-Transfer-Encoding: binary\n"), "line 5", "binary"},
      {With("MIME-Version: 1.0\nContent-Transfer-Encoding: x-mine\n"), "line 5", "unknown"},
      {With("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n"
            "Content-Transfer-Encoding: base64\n",
            "--x\n\na\n--x--\n"),
       "line 6", "must not be encoded"},
      {With("", "\xC3\xA4\n"), "line 1", "8bit"},
      {With("MIME-Version: 1.0\n", "\xC3\xA4\n"), "line 1", "8bit"},
      {With("MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n", "\xC3\xA4\n"), "line 5",
       "8bit"},
      {With("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n",
            "--x\nContent-Type: text/plain\n\n\xC3\xA4\n--x--\n"),
       "line 8", "8bit"},
      {With("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n",
            "\xC3\xA4\n--x\n\na\n--x--\n"),
       "line 1", "around the parts"},
      {With("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n",
            "--x\nContent-Description: \xE4\n\na\n--x--\n"),
       "line 8", "UTF-8"},
  };
  for (const Case& c : cases) {
    const Prepared prepared = Check(c.raw);
    ASSERT_EQ(prepared.violations.size(), 1)
        << c.raw << ::testing::PrintToString(Problems(prepared));
    EXPECT_EQ(prepared.violations[0].field, c.line) << c.raw;
    EXPECT_TRUE(absl::StrContains(prepared.violations[0].description, c.rule))
        << prepared.violations[0].description;
    EXPECT_EQ(prepared.message.bytes, "") << c.raw;
  }
}

TEST(RawMessageTest, TellsAllViolationsAtOnce) {
  const Prepared prepared = Check("To: b@\nDate: now\nSubject: a\rb\nSubject: c\n\n");
  std::vector<std::string> lines;
  for (const Violation& violation : prepared.violations) lines.push_back(violation.field);
  EXPECT_THAT(lines,
              testing::UnorderedElementsAre("line 1", "line 2", "line 3", "line 4", "line 4"));
}

TEST(RawMessageTest, DerivesTheEnvelope) {
  struct Case {
    const char* fields;
    const char* reverse_path;
    std::vector<std::string> forward_paths;
  };
  const Case cases[] = {
      {"From: A <a@x.example>\n", "a@x.example", {}},
      {"From: a@x.example, b@x.example\nSender: S <s@x.example>\n", "s@x.example", {}},
      {"From: a@x.example\nSender: s@x.example\n", "s@x.example", {}},
      {"From: Nobody:;\n", "", {}},
      {"From: a@x.example\nTo: B <b@X.example>, g: c@x.example, b@x.example;\nCc: \"d "
       "e\"@x.example,\n"
       " b@x.EXAMPLE\nBcc: f@[127.0.0.1], c@x.example\nReply-To: r@x.example\n",
       "a@x.example",
       {"b@x.example", "c@x.example", "\"d e\"@x.example", "f@[127.0.0.1]"}},
      {"From: a@x.example\nTo: undisclosed-recipients:;\nBcc: (none)\n", "a@x.example", {}},
  };
  for (const Case& c : cases) {
    const Prepared prepared = Check(absl::StrCat(c.fields, "\n"));
    EXPECT_THAT(Problems(prepared), IsEmpty()) << c.fields;
    EXPECT_EQ(prepared.envelope.reverse_path, c.reverse_path) << c.fields;
    EXPECT_EQ(prepared.envelope.forward_paths, c.forward_paths) << c.fields;
  }
}

TEST(RawMessageTest, TellsWhatTheNextHopMustTake) {
  struct Case {
    std::string raw;
    bool is_8bit;
    bool needs_smtputf8;
  };
  const std::string mime = "MIME-Version: 1.0\n";
  const std::string eight = "Content-Transfer-Encoding: 8bit\n";
  const std::string mixed = "Content-Type: multipart/mixed; boundary=x\n";
  const Case cases[] = {
      {With(""), false, false},
      {With(mime + eight), false, false},
      {With(mime + eight, "\xE4\n"), true, false},
      {With(mime + mixed, "--x\n" + eight + "\n\xE4\n--x--\n"), true, false},
      {With(mime + mixed + eight, "\xE4\n--x\n\na\n--x--\n\xE4\n"), true, false},
      {With(mime + "Content-Type: message/rfc822\n" + eight, "Subject: a\n\n\xE4\n"), true, false},
      {With("Subject: \xC3\xA4\n"), true, true},
      {With("To: \xC3\xA4@x.example\n"), true, true},
      {With("Bcc: \xC3\xA4@x.example\n"), false, false},
      {With(mime + mixed, "--x\nContent-Description: \xC3\xA4\n\na\n--x--\n"), true, true},
      {With(mime + "Content-Type: message/global\n", "Subject: \xC3\xA4\n\na\n"), true, true},
  };
  for (const Case& c : cases) {
    const Prepared prepared = Check(c.raw);
    EXPECT_THAT(Problems(prepared), IsEmpty()) << c.raw;
    EXPECT_EQ(prepared.message.is_8bit, c.is_8bit) << c.raw;
    EXPECT_EQ(prepared.message.needs_smtputf8, c.needs_smtputf8) << c.raw;
  }
}

TEST(RawMessageTest, WarnsOfWhatHurtsDelivery) {
  struct Case {
    std::string fields;
    std::vector<std::string> warnings;
  };
  const std::string mime = "MIME-Version: 1.0\n";
  const std::string subject = "Subject: a\n";
  const std::string today = "Date: Thu, 01 Jan 1970 00:00:00 +0000\n";
  const Case cases[] = {
      {today + subject, {}},
      {subject, {}},
      {today, {"line 1: there is no Subject"}},
      {today + "Subject:\n", {"line 3: Subject is empty"}},
      {today + "Subject: " + std::string(201, 'a') + "\n", {"line 3: Subject is over 200"}},
      {today + "Subject: =?utf-8?q?" +
           absl::StrReplaceAll(std::string(60, 'a'), {{"a", "=C3=A4"}}) + "?=\n",
       {}},
      {"Date: Fri, 02 Jan 1970 00:00:01 +0000\n" + subject, {"line 2: Date is over"}},
      {"Date: Wed, 24 Dec 1969 23:59:59 +0000\n" + subject, {"line 2: Date is over"}},
      {today + subject + mime + "Content-Type: text/html\n", {"line 1: HTML without"}},
      {today + subject + mime + "Content-Type: image/png\n", {"line 1: there is no text"}},
  };
  for (const Case& c : cases) {
    const Prepared prepared = Check(absl::StrCat("From: a@x.example\n", c.fields, "\nhi\n"));
    EXPECT_THAT(Problems(prepared), IsEmpty()) << c.fields;
    ASSERT_EQ(prepared.warnings.size(), c.warnings.size()) << c.fields;
    for (size_t i = 0; i < c.warnings.size(); ++i) {
      const Violation& warning = prepared.warnings[i];
      EXPECT_TRUE(
          absl::StartsWith(absl::StrCat(warning.field, ": ", warning.description), c.warnings[i]))
          << warning.field << warning.description;
    }
  }
}

TEST(RawMessageTest, AcceptsWhatSomebodyElseWrote) {
  const Prepared prepared = Check(With(
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n",
      "--x\nContent-Type: message/rfc822\n\nFrom: nobody at all\nContent-Type: text\nDate: now\n"
      "no field\n\nContent-Type: multipart/mixed\n\nhi\n--x--\n"));
  EXPECT_THAT(Problems(prepared), IsEmpty());
}

}  // namespace
}  // namespace mailstrom::message
