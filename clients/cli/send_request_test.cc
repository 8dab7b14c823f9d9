#include "clients/cli/send_request.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "clients/cli/command_table.h"

namespace mailstrom::cli {
namespace {

const std::map<std::string, std::string>& Files() {
  static const auto* const kFiles = new std::map<std::string, std::string>{
      {"-", "From: a@b\n\nhi\n"},
      {"body.txt", "Grüße"},
      {"latin1.txt", "Gr\xfc\xdf"},
      {"dir/report.PDF", std::string("%PDF\0", 5)},
  };
  return *kFiles;
}

absl::StatusOr<v1::SendEmailRequest> Build(const std::vector<std::string>& words) {
  const std::vector<Option> options = AllOptions(*FindCommand("send"));
  const absl::StatusOr<Arguments> arguments = ParseArguments(options, words);
  if (!arguments.ok()) return arguments.status();
  return BuildSendRequest(*arguments, [](const std::string& path) -> absl::StatusOr<std::string> {
    const auto found = Files().find(path);
    if (found == Files().end()) return absl::InvalidArgumentError("cannot read " + path);
    return found->second;
  });
}

// Compares with a text-format message, and shows the difference.
void ExpectRequest(const std::vector<std::string>& words, const std::string& want_text) {
  const absl::StatusOr<v1::SendEmailRequest> got = Build(words);
  ASSERT_TRUE(got.ok()) << got.status();
  v1::SendEmailRequest want;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(want_text, &want));
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(want, *got)) << difference;
}

TEST(SendRequestTest, PutsOptionsInTheirFields) {
  ExpectRequest({"--from=Ann <ann@a.test>", "--to", "bob@b.test", "--to=\"Cy, C.\" <cy@c.test>",
                 "--cc=d@d.test", "--bcc=e@e.test", "--reply-to=r@a.test", "--subject=Hi",
                 "--text-file=body.txt", "--html=<p>", "--header=X-One: 1", "--tag=k=v=w"},
                R"pb(
                  content {
                    from { mailbox { display_name: "Ann" address: "ann@a.test" } }
                    to { mailbox { address: "bob@b.test" } }
                    to { mailbox { display_name: "Cy, C." address: "cy@c.test" } }
                    cc { mailbox { address: "d@d.test" } }
                    bcc { mailbox { address: "e@e.test" } }
                    reply_to { mailbox { address: "r@a.test" } }
                    subject: "Hi"
                    text: "Grüße"
                    html: "<p>"
                    headers { name: "X-One" value: "1" }
                  }
                  tags { key: "k" value: "v=w" }
                )pb");
}

TEST(SendRequestTest, Attaches) {
  ExpectRequest({"--attach=dir/report.PDF"}, R"pb(
    content {
      attachments { filename: "report.PDF" content_type: "application/pdf" data: "%PDF\000" }
    }
  )pb");
}

TEST(SendRequestTest, RawWithEnvelope) {
  ExpectRequest({"--raw=-", "--envelope-from=", "--envelope-to=x@b", "--envelope-to=y@b"}, R"pb(
    raw_message: "From: a@b\n\nhi\n"
    envelope { forward_paths: "x@b" forward_paths: "y@b" }
  )pb");
}

TEST(SendRequestTest, LeavesJudgementToTheServer) {
  ExpectRequest({"--from=not an address", "--subject=a\r\nBcc: x@y", "--header=X:a\r\nb"}, R"pb(
    content {
      from { mailbox { address: "not an address" } }
      subject: "a\r\nBcc: x@y"
      headers { name: "X" value: "a\r\nb" }
    }
  )pb");
}

TEST(SendRequestTest, RefusesContradictions) {
  const struct {
    std::vector<std::string> words;
    std::string message;
  } kCases[] = {
      {{}, "nothing to send"},
      {{"--tag=a=b"}, "nothing to send"},
      {{"--raw=-", "--subject=x"}, "--subject has no place"},
      {{"--text=x", "--text-file=body.txt"}, "--text and --text-file exclude each other"},
      {{"--text-file=absent"}, "cannot read absent"},
      {{"--text-file=latin1.txt"}, "--text-file is not UTF-8"},
      {{"--subject=\xff"}, "--subject is not UTF-8"},
      {{"--to=\xff"}, "--to is not UTF-8"},
      {{"--header=X"}, "has no colon"},
      {{"--to=x@y", "--tag=novalue"}, "is not KEY=VALUE"},
      {{"--raw=-", "--envelope-from=x@y"}, "need each other"},
      {{"--raw=-", "--envelope-to=x@y"}, "need each other"},
  };
  for (const auto& test : kCases) {
    const absl::Status status = Build(test.words).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), test.message)) << status;
  }
}

}  // namespace
}  // namespace mailstrom::cli
