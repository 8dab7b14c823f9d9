#include "bench/load/load_result.h"

#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::bench {
namespace {

using ::testing::HasSubstr;

std::vector<absl::Duration> OneToHundred() {
  std::vector<absl::Duration> latencies;
  for (int i = 100; i >= 1; --i) latencies.push_back(absl::Milliseconds(i));
  return latencies;
}

TEST(PercentileTest, IsTheSmallestThatSoManyDoNotExceed) {
  std::vector<absl::Duration> latencies = OneToHundred();
  EXPECT_EQ(Percentile(latencies, 50), absl::Milliseconds(50));
  EXPECT_EQ(Percentile(latencies, 99), absl::Milliseconds(99));
  EXPECT_EQ(Percentile(latencies, 99.9), absl::Milliseconds(100));
  EXPECT_EQ(Percentile(latencies, 0), absl::Milliseconds(1));
}

TEST(PercentileTest, OfNothingIsZero) {
  std::vector<absl::Duration> none;
  EXPECT_EQ(Percentile(none, 99), absl::ZeroDuration());
}

TEST(LoadResultTest, TextHasRatePercentilesAndOwnCpu) {
  LoadResult result;
  result.elapsed = absl::Seconds(2);
  result.latencies = OneToHundred();
  result.cpu = absl::Milliseconds(10);
  EXPECT_EQ(ToText(result),
            "100 accepted in 2.000 s: 50/s; p50 50.00 ms, p99 99.00 ms, max 100.00 ms; client CPU "
            "100 us each");
}

TEST(LoadResultTest, FailuresAreToldApart) {
  LoadResult result;
  result.failed = 2;
  result.first_error = "queue \"full\"";
  EXPECT_THAT(ToText(result), HasSubstr("2 failed: queue \"full\""));
  EXPECT_THAT(ToJson(result), HasSubstr(R"("first_error": "queue \"full\"")"));
}

TEST(LoadResultTest, HistogramCountsByPowersOfTwo) {
  LoadResult result;
  for (const int us : {1, 3, 3, 1000}) result.latencies.push_back(absl::Microseconds(us));
  EXPECT_THAT(ToJson(result), HasSubstr(R"("below_us": {"2": 1, "4": 2, "1024": 1}})"));
}

}  // namespace
}  // namespace mailstrom::bench
