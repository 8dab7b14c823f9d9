#include "server/cursor.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

TEST(CursorTest, ReadsBackWhatItWrote) {
  const auto cursor = ParseCursor(FormatCursor({"log-7", int64_t{1} << 60, 3}));
  ASSERT_TRUE(cursor.ok());
  EXPECT_EQ(cursor->log_id, "log-7");
  EXPECT_EQ(cursor->sequence, int64_t{1} << 60);
  EXPECT_EQ(cursor->snapshots, 3);
}

TEST(CursorTest, RefusesEverythingElse) {
  const std::string kBad[] = {
      "",
      "x",
      "!!!!",
      std::string(1000, 'A'),
      absl::WebSafeBase64Escape("1 log 5"),
      absl::WebSafeBase64Escape("2 log 5 0"),
      absl::WebSafeBase64Escape("1 log -5 0"),
      absl::WebSafeBase64Escape("1 log 5 -1"),
      absl::WebSafeBase64Escape("1 log five 0"),
      absl::WebSafeBase64Escape("1 log 99999999999999999999 0"),
      absl::WebSafeBase64Escape("1 log 5 0 0"),
  };
  for (const std::string& text : kBad) EXPECT_FALSE(ParseCursor(text).ok()) << text;
}

}  // namespace
}  // namespace mailstrom::server
