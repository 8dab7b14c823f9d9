#include "storage/request_key_filter.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "storage/record_codec.h"
#include "storage/test_emails.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::storage {
namespace {

TEST(RequestKeyFilterTest, ACompactionDropsWhatHasExpired) {
  FakeClock clock(kTestStart);
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compaction_filter_factory = NewRequestKeyFilterFactory(&clock);
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, absl::StrCat(testing::TempDir(), "/keys"), &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  const auto put = [&](const std::string& key, absl::Time expire_time) {
    ASSERT_TRUE(
        db->Put(rocksdb::WriteOptions(), key, EncodeKeyedRequest({"d", "e", expire_time})).ok());
  };
  const auto keys = [&] {
    EXPECT_TRUE(db->CompactRange(
                      {.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce},
                      nullptr, nullptr)
                    .ok());
    std::vector<std::string> found;
    const std::unique_ptr<rocksdb::Iterator> iterator(db->NewIterator(rocksdb::ReadOptions()));
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      found.push_back(iterator->key().ToString());
    }
    return found;
  };
  using Strings = std::vector<std::string>;
  put("a", kTestStart + absl::Hours(1));
  put("b", kTestStart + absl::Hours(5));
  put("c", absl::InfiniteFuture());
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "damaged", "\xff").ok());
  clock.Advance(absl::Hours(2) - absl::Nanoseconds(1));
  EXPECT_EQ(keys(), Strings({"a", "b", "c", "damaged"}));
  clock.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(keys(), Strings({"b", "c", "damaged"}));
  clock.Advance(absl::Hours(1000));
  EXPECT_EQ(keys(), Strings({"c", "damaged"}));
}

}  // namespace
}  // namespace mailstrom::storage
