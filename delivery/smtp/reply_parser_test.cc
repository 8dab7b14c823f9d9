#include "delivery/smtp/reply_parser.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

// The replies in `bytes`, fed in pieces of `piece_bytes`, as `code|enhanced|line|line`; an error
// ends them with `error`.
std::vector<std::string> Parse(const std::string& bytes, size_t piece_bytes = 1000000,
                               ReplyLimits limits = ReplyLimits()) {
  ReplyParser parser(limits);
  std::vector<std::string> replies;
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
    parser.Feed(absl::string_view(bytes).substr(at, piece_bytes));
    while (true) {
      const absl::StatusOr<std::optional<Reply>> reply = parser.Next();
      if (!reply.ok()) {
        replies.push_back("error");
        return replies;
      }
      if (!reply->has_value()) break;
      std::string text = absl::StrCat((*reply)->code, "|", (*reply)->enhanced_code);
      for (const std::string& line : (*reply)->lines) absl::StrAppend(&text, "|", line);
      replies.push_back(text);
    }
  }
  return replies;
}

TEST(ReplyParserTest, ReadsReplies) {
  struct Case {
    const char* name;
    std::string bytes;
    std::vector<std::string> want;
  };
  const Case kCases[] = {
      {"one line", "250 OK\r\n", {"250||OK"}},
      {"no text", "250 \r\n", {"250||"}},
      {"nothing after the code", "250\r\n", {"250||"}},
      {"bare line feed", "250 OK\n", {"250||OK"}},
      {"several lines", "250-a\r\n250-b\r\n250 c\r\n", {"250||a|b|c"}},
      {"several lines, last without text", "250-a\r\n250\r\n", {"250||a|"}},
      {"two replies", "250 a\r\n354 b\r\n", {"250||a", "354||b"}},
      {"incomplete", "250-a\r\n250 b", {}},
      {"enhanced code", "250 2.1.5 OK\r\n", {"250|2.1.5|OK"}},
      {"enhanced code alone", "250 2.1.5\r\n", {"250|2.1.5|"}},
      {"enhanced code on each line", "550-5.7.1 a\r\n550 5.7.1 b\r\n", {"550|5.7.1|a|b"}},
      {"enhanced code on the first line", "550-5.7.1 a\r\n550 b\r\n", {"550|5.7.1|a|b"}},
      {"another on the second line", "550-5.7.1 a\r\n550 5.7.2 b\r\n", {"550|5.7.1|a|5.7.2 b"}},
      {"long enhanced code", "450 4.123.999 x\r\n", {"450|4.123.999|x"}},
      {"class of another kind", "550 4.7.1 x\r\n", {"550||4.7.1 x"}},
      {"no class for 3yz", "354 3.0.0 x\r\n", {"354||3.0.0 x"}},
      {"too many digits", "550 5.1234.1 x\r\n", {"550||5.1234.1 x"}},
      {"an IP address", "550 5.6.7.8 is listed\r\n", {"550||5.6.7.8 is listed"}},
      {"a version", "250 2.1 x\r\n", {"250||2.1 x"}},
      {"no digits", "250 2..1 x\r\n", {"250||2..1 x"}},
      {"8-bit text", "550 \xff\xfe\r\n", {"550||\xff\xfe"}},
      {"garbage", "SSH-2.0-OpenSSH\r\n", {"error"}},
      {"empty line", "\r\n", {"error"}},
      {"two digits", "25 x\r\n", {"error"}},
      {"four digits", "2500 x\r\n", {"error"}},
      {"1yz", "150 x\r\n", {"error"}},
      {"6yz", "650 x\r\n", {"error"}},
      {"tab after the code", "250\tx\r\n", {"error"}},
      {"codes differ", "250-a\r\n251 b\r\n", {"error"}},
      {"garbage within a reply", "250-a\r\nb\r\n", {"error"}},
      {"error after a reply", "250 a\r\nb\r\n250 c\r\n", {"250||a", "error"}},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Parse(c.bytes), c.want) << c.name;
    // However the bytes are cut up, they mean the same.
    EXPECT_EQ(Parse(c.bytes, 1), c.want) << c.name;
    EXPECT_EQ(Parse(c.bytes, 3), c.want) << c.name;
  }
}

TEST(ReplyParserTest, BoundsLinesRepliesAndBytes) {
  ReplyLimits limits;
  limits.line_bytes = 20;
  limits.line_count = 3;
  limits.total_bytes = 45;
  const std::vector<std::string> error = {"error"};
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{1000}}) {
    EXPECT_EQ(Parse("250 " + std::string(14, 'x') + "\r\n", piece, limits).size(), 1u);
    EXPECT_EQ(Parse("250 " + std::string(15, 'x') + "\r\n", piece, limits), error);
    EXPECT_EQ(Parse("250 " + std::string(100, 'x'), piece, limits), error);
    EXPECT_EQ(Parse("250-a\r\n250-b\r\n250 c\r\n", piece, limits).front(), "250||a|b|c");
    EXPECT_EQ(Parse("250-a\r\n250-b\r\n250-c\r\n250-d\r\n", piece, limits), error);
    const std::string line = "250-" + std::string(14, 'x') + "\r\n";
    EXPECT_EQ(Parse(line + line + line, piece, limits), error);
  }
}

TEST(ReplyParserTest, LimitsStartAnewWithEachReply) {
  ReplyLimits limits;
  limits.line_count = 2;
  limits.total_bytes = 20;
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "250-a\r\n250 b\r\n";
  EXPECT_EQ(Parse(bytes, 5, limits), std::vector<std::string>(100, "250||a|b"));
}

TEST(ReplyParserTest, AnErrorStays) {
  ReplyParser parser;
  parser.Feed("x\r\n250 OK\r\n");
  EXPECT_FALSE(parser.Next().ok());
  parser.Feed("250 OK\r\n");
  EXPECT_FALSE(parser.Next().ok());
}

TEST(ReplyParserTest, TellsWhatIsPending) {
  ReplyParser parser;
  EXPECT_FALSE(parser.has_pending());
  parser.Feed("250 OK\r\n");
  EXPECT_TRUE(parser.has_pending());
  EXPECT_TRUE(parser.Next()->has_value());
  EXPECT_FALSE(parser.has_pending());
  parser.Feed("250-a\r\n");
  EXPECT_FALSE(parser.Next()->has_value());
  EXPECT_TRUE(parser.has_pending());
  parser.Discard();
  EXPECT_FALSE(parser.has_pending());
  parser.Feed("354 go\r\n");
  EXPECT_EQ((*parser.Next())->code, 354);
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
