#include "base/atomic_histogram.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom {
namespace {

using ::testing::ElementsAre;

TEST(AtomicHistogramTest, ABoundBelongsToItsBucket) {
  AtomicHistogram histogram({1, 2});
  for (const double value : {-1.0, 1.0, 1.5, 2.0, 2.5, 100.0}) histogram.Observe(value);
  const AtomicHistogram::Reading reading = histogram.Read();
  EXPECT_THAT(reading.bounds, ElementsAre(1, 2));
  EXPECT_THAT(reading.counts, ElementsAre(2, 2, 2));
  EXPECT_EQ(reading.sum, 106);
}

TEST(AtomicHistogramTest, DurationsAreSecondsAndNeverNegative) {
  AtomicHistogram histogram({0.1});
  histogram.Observe(absl::Milliseconds(50));
  histogram.Observe(absl::Seconds(3));
  histogram.Observe(-absl::Hours(1));
  EXPECT_THAT(histogram.Read().counts, ElementsAre(2, 1));
  EXPECT_DOUBLE_EQ(histogram.Read().sum, 3.05);
}

TEST(AtomicHistogramTest, MoreBoundsThanThereIsRoomForAreLeftOut) {
  AtomicHistogram histogram({1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
                             14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26});
  histogram.Observe(25.5);
  const AtomicHistogram::Reading reading = histogram.Read();
  EXPECT_EQ(reading.bounds.size(), AtomicHistogram::kMaxBounds);
  EXPECT_EQ(reading.counts.back(), 1);
}

TEST(AtomicHistogramTest, CountsWhatManyThreadsSee) {
  constexpr int kThreads = 4;
  constexpr int kEach = 10000;
  AtomicHistogram histogram({0.5});
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) histogram.Observe(1.0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(histogram.Read().counts, ElementsAre(0, kThreads * kEach));
  EXPECT_EQ(histogram.Read().sum, kThreads * kEach);
}

}  // namespace
}  // namespace mailstrom
