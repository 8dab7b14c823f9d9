#include "clients/cli/bulk/send_progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace mailstrom::cli {
namespace {

TEST(SendProgressTest, TellsRateAndRest) {
  EXPECT_EQ(ProgressText({.total = 10}, absl::ZeroDuration()), "0 of 10");
  EXPECT_EQ(ProgressText({.total = 10}, absl::Seconds(3)), "0 of 10");
  EXPECT_EQ(ProgressText({.total = 5000, .accepted = 1100, .refused = 50, .skipped = 50},
                         absl::Seconds(2)),
            "1200 of 5000, 600/s, 7s left, 50 refused");
  EXPECT_EQ(ProgressText({.total = 4, .accepted = 4}, absl::Seconds(2)), "4 of 4, 2/s");
}

TEST(SendProgressTest, TheBarFitsTheTerminal) {
  const SendCounts half = {.total = 4, .accepted = 2};
  EXPECT_EQ(ProgressBar(half, absl::Seconds(2), 200),
            "[####################....................] 2 of 4, 1/s, 2s left");
  EXPECT_EQ(ProgressBar(half, absl::Seconds(2), 35), "[######......] 2 of 4, 1/s, 2s left");
  EXPECT_EQ(ProgressBar(half, absl::Seconds(2), 8), "2 of 4,…");
  EXPECT_EQ(ProgressBar({}, absl::Seconds(1), 60).substr(0, 12), "[###########");
}

TEST(SendProgressTest, ATerminalGetsABarElsewhereThereAreLines) {
  absl::Time now = absl::UnixEpoch();
  absl::optional<TerminalSize> size = TerminalSize{41, 24};
  std::ostringstream out;
  SendProgress progress(out, [&] { return size; }, [&] { return now; });
  progress.Update({.total = 4, .accepted = 1});
  EXPECT_EQ(out.str(), "");
  // What the file's check took is no part of the rate.
  now += absl::Seconds(60);
  progress.Start();
  now += absl::Seconds(1);
  progress.Update({.total = 4, .accepted = 1});
  progress.Update({.total = 4, .accepted = 2});
  EXPECT_EQ(out.str(), "\r[####.............] 1 of 4, 1/s, 3s left\x1b[K");
  progress.Clear();
  progress.Clear();
  EXPECT_EQ(out.str(), "\r[####.............] 1 of 4, 1/s, 3s left\x1b[K\r\x1b[K");

  out.str("");
  size = absl::nullopt;
  progress.Update({.total = 4, .accepted = 2});
  EXPECT_EQ(out.str(), "");
  now += absl::Seconds(9);
  progress.Update({.total = 4, .accepted = 2});
  now += absl::Seconds(1);
  progress.Update({.total = 4, .accepted = 2});
  progress.Clear();
  EXPECT_EQ(out.str(), "mailstrom: 2 of 4, 0/s, 11s left\n");
}

}  // namespace
}  // namespace mailstrom::cli
