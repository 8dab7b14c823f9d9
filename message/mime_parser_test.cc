#include "message/mime_parser.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

std::string Crlf(absl::string_view text) { return absl::StrReplaceAll(text, {{"\n", "\r\n"}}); }

// One line for each part: depth, kind, type, the line where it begins, and what is in it.
std::string Outline(absl::string_view bytes, const MimeTree& tree) {
  std::string result;
  for (const MimePart& part : tree.parts) {
    const auto slice = [&](size_t begin, size_t end) {
      return absl::StrReplaceAll(bytes.substr(begin, end - begin), {{"\r\n", "/"}});
    };
    absl::StrAppend(&result, part.depth, part.is_embedded ? "e " : " ", part.content_type.type, "/",
                    part.content_type.subtype, " @", part.line);
    switch (part.kind) {
      case MimePart::Kind::kLeaf:
        absl::StrAppend(&result, " [", slice(part.body_begin, part.body_end), "]");
        break;
      case MimePart::Kind::kMultipart:
        absl::StrAppend(&result, " <", slice(part.body_begin, part.preamble_end), "|",
                        slice(part.epilogue_begin, part.body_end), ">");
        break;
      case MimePart::Kind::kMessage:
        absl::StrAppend(&result, " message");
        break;
    }
    absl::StrAppend(&result, "\n");
  }
  for (const MimeProblem& problem : tree.problems) {
    absl::StrAppend(&result, "! ", problem.part, " line ", problem.line, "\n");
  }
  return result;
}

struct Case {
  const char* name;
  const char* message;
  const char* want;
};

void Expect(const Case& c) {
  const std::string message = Crlf(c.message);
  EXPECT_EQ(Outline(message, ParseMime(message)), c.want) << c.name;
}

TEST(MimeParserTest, FindsStructure) {
  const Case cases[] = {
      {"empty", "", "0 text/plain @1 []\n"},
      {"no body", "A: 1\n", "0 text/plain @1 []\n"},
      {"plain", "A: 1\n\nhello\n--x\n", "0 text/plain @1 [hello/--x/]\n"},
      {"multipart",
       "Content-Type: multipart/mixed; boundary=x\n\npre\n--x\n\na\n--x \t\nContent-Type: "
       "text/html\n"
       "\nb\n\n--x--\nepi\n",
       "0 multipart/mixed @1 <pre/|epi/>\n1 text/plain @5 [a]\n1 text/html @8 [b/]\n"},
      {"nested, the inner boundary longer",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/alternative;\n"
       " boundary=xy\n\n--xy\n\n1\n--xy\n\n2\n--xy--\n--x\n\n3\n--x--\n",
       "0 multipart/mixed @1 <|>\n1 multipart/alternative @4 <|>\n2 text/plain @8 [1]\n"
       "2 text/plain @11 [2]\n1 text/plain @15 [3]\n"},
      {"message in a message",
       "Content-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/mixed; boundary=x\n\n"
       "--x\n\na\n--x--\n",
       "0 message/rfc822 @1 message\n1e multipart/mixed @3 <|>\n2e text/plain @7 [a]\n"},
      {"digest",
       "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: a\n\nA\n--x\n"
       "Content-Type: text/plain\n\nB\n--x--\n",
       "0 multipart/digest @1 <|>\n1 message/rfc822 @4 message\n2e text/plain @5 [A]\n"
       "1 text/plain @9 [B]\n"},
      {"encoded message is opaque",
       "Content-Type: message/global\nContent-Transfer-Encoding: base64\n\nQQ==\n",
       "0 message/global @1 [QQ==/]\n"},
      {"parts without a body",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\nA: 1\n--x\n--x\n\n--x--\n",
       "0 multipart/mixed @1 <|>\n1 text/plain @4 []\n1 text/plain @6 []\n1 text/plain @7 []\n"},
      {"delimiters after the closing one",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--\n--x\nb\n",
       "0 multipart/mixed @1 <|--x/b/>\n1 text/plain @4 [a]\n"},
  };
  for (const Case& c : cases) Expect(c);
}

TEST(MimeParserTest, TellsProblems) {
  const Case cases[] = {
      {"no closing delimiter", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n",
       "0 multipart/mixed @1 <|>\n1 text/plain @4 [a/]\n! 0 line 1\n"},
      {"no delimiter", "Content-Type: multipart/mixed; boundary=x\n\na\n",
       "0 multipart/mixed @1 <a/|>\n! 0 line 1\n"},
      {"no part", "Content-Type: multipart/mixed; boundary=x\n\n--x--\n",
       "0 multipart/mixed @1 <|>\n! 0 line 3\n"},
      {"no boundary", "A: 1\nContent-Type: multipart/mixed\n\na\n",
       "0 multipart/mixed @1 [a/]\n! 0 line 2\n"},
      {"bad boundary", "Content-Type: multipart/mixed; boundary=\"x \"\n\na\n",
       "0 multipart/mixed @1 [a/]\n! 0 line 1\n"},
      {"bad type", "A: 1\nContent-Type: text\n\na\n", "0 text/plain @1 [a/]\n! 0 line 2\n"},
      {"bad header of a part",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\nA: 1\noops\n\na\n--x--\n",
       "0 multipart/mixed @1 <|>\n1 text/plain @4 [a]\n! 1 line 5\n"},
      {"an outer delimiter ends inner parts",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; "
       "boundary=y\n"
       "\n--y\nContent-Type: message/rfc822\n\n--x--\n",
       "0 multipart/mixed @1 <|>\n1 multipart/mixed @4 <|>\n2 message/rfc822 @7 message\n"
       "3e text/plain @9 []\n! 1 line 4\n"},
  };
  for (const Case& c : cases) Expect(c);
}

TEST(MimeParserTest, IsBounded) {
  std::string deep;
  for (int i = 0; i < 10 * kMaxMimeDepth; ++i) {
    absl::StrAppend(&deep, "Content-Type: multipart/mixed; boundary=b", i, "\r\n\r\n--b", i,
                    "\r\n");
  }
  const MimeTree deep_tree = ParseMime(deep);
  EXPECT_EQ(deep_tree.parts.size(), kMaxMimeDepth + 1);
  EXPECT_EQ(deep_tree.parts.back().depth, kMaxMimeDepth);
  EXPECT_EQ(deep_tree.problems.size(), kMaxMimeProblems);

  std::string nested;
  for (int i = 0; i < 10 * kMaxMimeDepth; ++i) nested += "Content-Type: message/rfc822\r\n\r\n";
  EXPECT_EQ(ParseMime(nested).parts.size(), kMaxMimeDepth + 1);

  std::string wide = "Content-Type: multipart/mixed; boundary=x\r\n\r\n";
  for (size_t i = 0; i < 2 * kMaxMimeParts; ++i) wide += "--x\r\n\r\na\r\n";
  const MimeTree wide_tree = ParseMime(wide);
  EXPECT_EQ(wide_tree.parts.size(), kMaxMimeParts);
  EXPECT_EQ(wide_tree.problems.size(), 1);
}

}  // namespace
}  // namespace mailstrom::message
