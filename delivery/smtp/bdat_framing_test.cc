#include "delivery/smtp/bdat_framing.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

std::string Frame(const std::string& message, size_t block_bytes) {
  BdatFramer framer(message, block_bytes);
  std::string wire;
  while (!framer.done()) {
    const absl::string_view block = framer.NextBlock();
    EXPECT_FALSE(block.empty());
    wire.append(block.data(), block.size());
  }
  EXPECT_TRUE(framer.NextBlock().empty());
  return wire;
}

TEST(BdatFramerTest, FramesWhereverBlocksEnd) {
  struct Case {
    std::string message;
    std::string wire;
  };
  const Case kCases[] = {
      {"", "BDAT 0 LAST\r\n"},
      {"a\r\n", "BDAT 3 LAST\r\na\r\n"},
      {"a", "BDAT 3 LAST\r\na\r\n"},
      {"a\r\n.\r\nb", "BDAT 9 LAST\r\na\r\n.\r\nb\r\n"},
  };
  for (const Case& c : kCases) {
    for (size_t block_bytes = 1; block_bytes <= c.message.size() + 1; ++block_bytes) {
      EXPECT_EQ(Frame(c.message, block_bytes), c.wire) << c.message << " in " << block_bytes;
    }
  }
}

TEST(BdatFramerTest, CopiesTheFirstBlockOnly) {
  const std::string message = std::string(9998, 'a') + "\r\n";
  BdatFramer framer(message, 1000);
  EXPECT_EQ(framer.NextBlock().substr(0, 17), "BDAT 10000 LAST\r\n");
  EXPECT_EQ(framer.NextBlock().data(), message.data() + 1000);
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
