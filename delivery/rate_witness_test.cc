#include "delivery/rate_witness.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(RateWitnessTest, CountsTheFullestStretch) {
  RateWitness witness(absl::Seconds(10));
  for (const int second : {0, 1, 9, 10, 30, 31}) witness.Saw(absl::FromUnixSeconds(second));
  EXPECT_EQ(witness.most(), 3) << "0 to 9; at 10 the first is out again";
}

}  // namespace
}  // namespace mailstrom::delivery
