#include "clients/cli/bulk/mbox_reader.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace mailstrom::cli {
namespace {

using Messages = std::vector<std::pair<int64_t, std::string>>;

Messages ReadAll(const std::string& text) {
  std::istringstream in(text);
  MboxReader reader(in);
  Messages messages;
  for (;;) {
    std::string message;
    const absl::StatusOr<bool> more = reader.Next(message);
    if (!more.ok()) {
      messages.emplace_back(-reader.line(), more.status().message());
      return messages;
    }
    if (!*more) return messages;
    messages.emplace_back(reader.line(), message);
  }
}

TEST(MboxReaderTest, ReadsMessages) {
  const struct {
    std::string text;
    Messages want;
  } kCases[] = {
      {"", {}},
      {"\n\n", {}},
      {"From ann Thu\nTo: b\n\nHi\n\nFrom ann Fri\nTo: c\n\nHo\n",
       {{1, "To: b\n\nHi\n"}, {6, "To: c\n\nHo\n"}}},
      // The empty line that ends a message belongs to the file, further ones to the message.
      {"From a\nA: b\n\nHi\n\n\n", {{1, "A: b\n\nHi\n\n"}}},
      {"From a\r\nA: b\r\n\r\nHi\r\n\r\nFrom b\r\nB: c\r\n",
       {{1, "A: b\r\n\r\nHi\r\n"}, {6, "B: c\r\n"}}},
      // mboxrd
      {"From a\nA: b\n\n>From here\n>>From there\n>Fromage\n> From\nFrom now on\n",
       {{1, "A: b\n\nFrom here\n>From there\n>Fromage\n> From\nFrom now on\n"}}},
      {"From a\nA: b\n\nno end of line", {{1, "A: b\n\nno end of line"}}},
      {"From a\n", {{1, ""}}},
      {"\nTo: b\n", {{-2, "a mailbox file has a line that begins with `From ` here"}}},
  };
  for (const auto& test : kCases) EXPECT_EQ(ReadAll(test.text), test.want) << test.text;
}

TEST(MboxReaderTest, ALineOfManyMegabytesIsOneLine) {
  const std::string line(3 << 20, 'x');
  const std::string text = "From a\n" + line + "From \n>From\n\nFrom b\nshort\n";
  EXPECT_EQ(ReadAll(text), (Messages{{1, line + "From \n>From\n"}, {5, "short\n"}}));
}

TEST(MboxReaderTest, PassesOverWhatIsTooLarge) {
  std::istringstream in("From a\n123456789012345\n\nFrom b\nshort\n");
  MboxReader reader(in, /*max_message_bytes=*/10);
  std::string message;
  EXPECT_TRUE(absl::IsResourceExhausted(reader.Next(message).status()));
  EXPECT_EQ(reader.line(), 1);
  EXPECT_TRUE(*reader.Next(message));
  EXPECT_EQ(message, "short\n");
  EXPECT_FALSE(*reader.Next(message));
}

}  // namespace
}  // namespace mailstrom::cli
