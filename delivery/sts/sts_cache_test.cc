#include "delivery/sts/sts_cache.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

constexpr char kText[] = "version: STSv1\nmode: enforce\nmx: mx.test\nmax_age: 86400\n";

class StsCacheTest : public testing::Test {
 protected:
  StsCacheTest() : directory_(absl::StrCat(testing::TempDir(), "/mta-sts")) {
    std::filesystem::remove_all(directory_);
  }

  StsCache Open() { return StsCache(directory_, 10, now_); }

  void Put(StsCache& cache, const std::string& domain) {
    cache.Put(domain, "1", kText, *ParseStsPolicy(kText), now_);
  }

  const std::string directory_;
  const absl::Time now_ = absl::FromUnixSeconds(1000000000);
};

TEST_F(StsCacheTest, KeepsPoliciesOfAnyDomainOverRestarts) {
  StsCache before = Open();
  for (const char* domain : {"a.test", "tests.new", "bak"}) Put(before, domain);
  const StsCache after = Open();
  for (const char* domain : {"a.test", "tests.new", "bak"}) {
    const StsCache::Entry* entry = after.Find(domain, now_);
    ASSERT_NE(entry, nullptr) << domain;
    EXPECT_EQ(entry->id, "1");
    EXPECT_EQ(entry->expire_time, now_ + absl::Hours(24));
    EXPECT_TRUE(StsAllows(entry->policy, "mx.test"));
  }
}

TEST_F(StsCacheTest, WhatAPowerCutLeavesInPiecesIsPassedOver) {
  StsCache before = Open();
  for (const char* domain : {"whole.test", "empty.test", "half.test"}) Put(before, domain);
  std::ofstream(directory_ + "/empty.test");
  std::filesystem::resize_file(directory_ + "/half.test", 30);
  // One that was being written.
  std::ofstream(directory_ + "/late.test~") << "1000086400 1\n" << kText;
  const StsCache after = Open();
  EXPECT_NE(after.Find("whole.test", now_), nullptr);
  EXPECT_EQ(after.size(), 1u);
}

TEST_F(StsCacheTest, HoldsNoMoreThanItMay) {
  StsCache cache("", 2, now_);
  for (const char* domain : {"a.test", "b.test", "c.test"}) Put(cache, domain);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_NE(cache.Find("c.test", now_), nullptr);
  EXPECT_EQ(cache.Find("c.test", now_ + absl::Hours(24)), nullptr);
}

}  // namespace
}  // namespace mailstrom::delivery
