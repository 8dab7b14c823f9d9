#include "clients/cli/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace mailstrom::cli {
namespace {

TEST(Utf8Test, IsUtf8) {
  const struct {
    std::string text;
    bool want;
  } kCases[] = {
      {"", true},
      {"plain", true},
      {"Grüße €𐍈", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\xfc", false},          // Latin-1
      {"\x80", false},          // continuation alone
      {"\xc3", false},          // cut off
      {"\xe2\x82", false},      // cut off
      {"\xc0\xaf", false},      // overlong
      {"\xe0\x80\xaf", false},  // overlong
      {"\xed\xa0\x80", false},  // surrogate
      {"\xf4\x90\x80\x80", false},
      {"\xe2\x28\xa1", false},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(IsUtf8(test.text), test.want) << testing::PrintToString(test.text);
  }
}

TEST(Utf8Test, PrintableDisarmsTerminals) {
  EXPECT_EQ(Printable("250 Ok\r\nqueued"), "250 Ok queued");
  EXPECT_EQ(Printable("\x1b[2J\x07"), "?[2J?");
  EXPECT_EQ(Printable("a\xc2\x9b"
                      "b\xff"),
            "a?b?");
  EXPECT_EQ(Printable("Grüße"), "Grüße");
}

TEST(Utf8Test, TruncateCountsCharacters) {
  EXPECT_EQ(Truncate("Grüße", 5), "Grüße");
  EXPECT_EQ(Truncate("Grüße", 4), "Grü…");
  EXPECT_EQ(Truncate("Grüße", 1), "…");
  EXPECT_EQ(Truncate("Grüße", 0), "");
  EXPECT_EQ(CountCharacters("Grüße"), 5u);
}

}  // namespace
}  // namespace mailstrom::cli
