#include "storage/two_lanes.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

std::string PopAll(TwoLanes<char>& lanes) {
  std::string popped;
  while (!lanes.empty()) popped.push_back(lanes.Pop());
  return popped;
}

TEST(TwoLanesTest, ServesInTurnsWhateverTheLengths) {
  TwoLanes<char> lanes;
  for (const char accept : {'1', '2', '3', '4', '5'}) lanes.Push(Lane::kAcceptance, accept);
  for (const char outcome : {'a', 'b'}) lanes.Push(Lane::kDelivery, outcome);
  EXPECT_EQ(PopAll(lanes), "a1b2345");
}

TEST(TwoLanesTest, NeitherStarves) {
  TwoLanes<char> lanes;
  std::string popped;
  lanes.Push(Lane::kAcceptance, '1');
  for (int i = 0; i < 4; ++i) {
    lanes.Push(Lane::kDelivery, 'a');
    lanes.Push(Lane::kDelivery, 'a');
    popped.push_back(lanes.Pop());
  }
  EXPECT_EQ(popped, "a1aa");
}

TEST(TwoLanesTest, WhatIsPutBackComesFirst) {
  TwoLanes<char> lanes;
  lanes.Push(Lane::kAcceptance, '1');
  lanes.Push(Lane::kAcceptance, '2');
  lanes.PutBack(Lane::kAcceptance, '0');
  EXPECT_EQ(PopAll(lanes), "012");
}

}  // namespace
}  // namespace mailstrom::storage
