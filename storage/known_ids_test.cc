#include "storage/known_ids.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

using Answer = KnownIds::Answer;

TEST(KnownIdsTest, WhatIsLargerThanTheLargestIsFree) {
  KnownIds ids;
  EXPECT_EQ(ids.Ask("a"), Answer::kFree);
  ids.Reset("m");
  EXPECT_EQ(ids.Ask("n"), Answer::kFree);
  EXPECT_EQ(ids.Ask("m"), Answer::kUnknown);
  EXPECT_EQ(ids.Ask("a"), Answer::kUnknown);
}

TEST(KnownIdsTest, AddedOnesAreTakenAndThoseBetweenAreFree) {
  KnownIds ids;
  ids.Reset("m");
  ids.Add("x");
  ids.Add("p");
  EXPECT_EQ(ids.Ask("x"), Answer::kTaken);
  EXPECT_EQ(ids.Ask("p"), Answer::kTaken);
  EXPECT_EQ(ids.Ask("q"), Answer::kFree);
  // Among those of which only the disk knows.
  ids.Add("b");
  EXPECT_EQ(ids.Ask("b"), Answer::kUnknown);
}

TEST(KnownIdsTest, ForgettingLeavesThemToTheDisk) {
  KnownIds ids;
  ids.Add("x");
  ids.Add("p");
  ids.Forget();
  EXPECT_EQ(ids.Ask("x"), Answer::kUnknown);
  EXPECT_EQ(ids.Ask("q"), Answer::kUnknown);
  EXPECT_EQ(ids.Ask("y"), Answer::kFree);
}

TEST(KnownIdsTest, NoneOfManyIsTakenForFree) {
  KnownIds ids;
  for (int i = 10000; i < 20000; ++i) {
    ids.Add(absl::StrCat(i));
    EXPECT_NE(ids.Ask(absl::StrCat(i)), Answer::kFree);
  }
  for (int i = 10000; i < 20000; ++i) EXPECT_NE(ids.Ask(absl::StrCat(i)), Answer::kFree);
}

}  // namespace
}  // namespace mailstrom::storage
