#include "delivery/smtp/dot_stuffing.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

std::string Stuff(const std::string& message, size_t block_bytes) {
  DotStuffer stuffer(message, block_bytes);
  std::string wire;
  while (!stuffer.done()) {
    const absl::string_view block = stuffer.NextBlock();
    EXPECT_FALSE(block.empty());
    EXPECT_LE(block.size(), 2 * block_bytes + 5);
    wire.append(block.data(), block.size());
  }
  EXPECT_TRUE(stuffer.NextBlock().empty());
  return wire;
}

TEST(DotStufferTest, StuffsWhereverBlocksEnd) {
  struct Case {
    std::string message;
    std::string wire;
  };
  const Case kCases[] = {
      {"", ".\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {"a", "a\r\n.\r\n"},
      {"a\r", "a\r\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {".\r\n", "..\r\n.\r\n"},
      {"..\r\n", "...\r\n.\r\n"},
      {"a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"},
      {"a\r\n.b\r\n..c\r\n", "a\r\n..b\r\n...c\r\n.\r\n"},
      {"a.\r\nb.c\r\n", "a.\r\nb.c\r\n.\r\n"},
      {"\r\n.\r\n", "\r\n..\r\n.\r\n"},
      {".\r\n.\r\n.\r\n", "..\r\n..\r\n..\r\n.\r\n"},
      // What some receivers take for the end of a message.
      {"a\n.\nb\r\n", "a\n..\nb\r\n.\r\n"},
      {"a\n.\r\nb\r\n", "a\n..\r\nb\r\n.\r\n"},
      {"a\r.\rb\r\n", "a\r..\rb\r\n.\r\n"},
      {"a\r\n.\nb\r\n", "a\r\n..\nb\r\n.\r\n"},
  };
  for (const Case& c : kCases) {
    for (size_t block_bytes = 1; block_bytes <= c.message.size() + 1; ++block_bytes) {
      EXPECT_EQ(Stuff(c.message, block_bytes), c.wire) << c.message << " in " << block_bytes;
    }
  }
}

TEST(DotStufferTest, DoesNotCopyWhatNeedsNoDot) {
  const std::string message(100000, 'a');
  DotStuffer stuffer(message, 1000);
  EXPECT_EQ(stuffer.NextBlock().data(), message.data());
  EXPECT_EQ(stuffer.NextBlock().data(), message.data() + 1000);
}

TEST(DotStufferTest, SmallMessageIsOneBlockWithItsFinalDot) {
  DotStuffer stuffer("Subject: x\r\n\r\nHello\r\n");
  EXPECT_EQ(stuffer.NextBlock(), "Subject: x\r\n\r\nHello\r\n.\r\n");
  EXPECT_TRUE(stuffer.done());
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
