#include "clients/cpp/retry_pauses.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/time/clock.h"

namespace mailstrom::client {
namespace {

TEST(RetryPausesTest, DoubleUpToTheMaximum) {
  for (const double draw : {0.0, 1.0}) {
    const double factor = draw == 0.0 ? 0.5 : 1.0;
    RetryPauses pauses(absl::Milliseconds(100), absl::Seconds(1), [draw] { return draw; });
    for (const int want : {100, 200, 400, 800, 1000, 1000}) {
      EXPECT_EQ(pauses.Next(), factor * absl::Milliseconds(want));
    }
    pauses.Reset();
    EXPECT_EQ(pauses.Next(), factor * absl::Milliseconds(100));
  }
}

TEST(RetryPausesTest, DoNotOutlastTheDeadline) {
  RetryPauses pauses(absl::Hours(1), absl::Hours(1));
  EXPECT_FALSE(pauses.Wait(absl::Now() + absl::Minutes(1)));
}

}  // namespace
}  // namespace mailstrom::client
