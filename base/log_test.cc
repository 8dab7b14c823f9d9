#include "base/log.h"

#include "gtest/gtest.h"

namespace mailstrom {
namespace {

TEST(LogTest, LineIsOneJsonObject) {
  EXPECT_EQ(
      FormatLogLine("2026-01-02T03:04:05.678Z", LogLevel::kWarning, "site suspended",
                    {{"site", "mx.example"}, {"failures", 3}, {"ratio", 0.5}, {"probing", true}}),
      R"({"time":"2026-01-02T03:04:05.678Z","level":"warning","event":"site suspended",)"
      R"("site":"mx.example","failures":3,"ratio":0.5,"probing":true})");
}

TEST(LogTest, HostileTextStaysOnItsLine) {
  EXPECT_EQ(FormatLogLine("t", LogLevel::kInfo, "reply", {{"text", "a\"b\\c\r\nd"}}),
            R"({"time":"t","level":"info","event":"reply","text":"a\"b\\c\u000d\u000ad"})");
}

TEST(LogTest, LevelsBelowTheMinimumAreOff) {
  SetLogLevel(LogLevel::kWarning);
  EXPECT_FALSE(LogEnabled(LogLevel::kInfo));
  EXPECT_TRUE(LogEnabled(LogLevel::kWarning));
  SetLogLevel(LogLevel::kInfo);
}

}  // namespace
}  // namespace mailstrom
