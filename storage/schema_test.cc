#include "storage/schema.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "storage/list_query.h"

namespace mailstrom::storage {
namespace {

TEST(SchemaTest, KeysHaveTheirFixedForm) {
  struct Case {
    const char* name;
    std::string key;
    const char* want_hex;
  };
  for (const Case& c : {
           Case{"recipient", RecipientKey("ab", 258), "616200000102"},
           Case{"due", EncodeDueKey({1, "ab", 2}), "8000000000000001616200000002"},
           Case{"due before 1970", EncodeDueKey({-1, "a", 0}), "7fffffffffffffff6100000000"},
           Case{"request key", RequestKeyKey("ab", "c"), "00000002616263"},
           Case{"tag", TagPrefix("a", "bc"), "0000000161000000026263"},
           Case{"address", AddressPrefix("A@B"), "00000003414062"},
           Case{"dialogue", DialogueKey("a", 258), "610000000000000102"},
           Case{"damaged", DamagedKey(Family::kDue, "x"), "6475652f78"},
           Case{"event", EventKey(0x0102030405060708), "0102030405060708"},
       }) {
    EXPECT_EQ(absl::BytesToHexString(c.key), c.want_hex) << c.name;
  }
}

TEST(SchemaTest, DueKeysSortAsTheirValues) {
  std::vector<DueKey> keys;
  for (const int64_t nanos : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0},
                              int64_t{255}, int64_t{256}, std::numeric_limits<int64_t>::max()}) {
    for (const char* id : {"!", "a", "a!", "ab", "b"}) {
      for (const int index : {0, 1, 255, 256, 999}) keys.push_back({nanos, id, index});
    }
  }
  ASSERT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  std::string last;
  for (const DueKey& key : keys) {
    const std::string bytes = EncodeDueKey(key);
    EXPECT_GT(bytes, last);
    last = bytes;
    const absl::StatusOr<DueKey> decoded = DecodeDueKey(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, key);
  }
}

TEST(SchemaTest, RecipientsOfAnEmailAreNeighbours) {
  std::string last;
  for (const char* id : {"!", "a", "a!", "ab", "b"}) {
    for (const int index : {0, 1, 255, 256, 70000}) {
      const std::string key = RecipientKey(id, index);
      EXPECT_GT(key, last);
      last = key;
    }
  }
}

TEST(SchemaTest, EventKeysSortByNumber) {
  std::string last;
  for (const int64_t sequence : {int64_t{0}, int64_t{1}, int64_t{255}, int64_t{256},
                                 int64_t{1} << 40, std::numeric_limits<int64_t>::max()}) {
    const std::string key = EventKey(sequence);
    EXPECT_GT(key, last);
    last = key;
    EXPECT_EQ(DecodeEventKey(key).value(), sequence);
  }
}

TEST(SchemaTest, ForeignKeysAreDataLoss) {
  EXPECT_TRUE(absl::IsDataLoss(DecodeDueKey("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeDueKey("123456789012").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeEventKey("1234567").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeEventKey("123456789").status()));
}

TEST(SchemaTest, EveryFamilyHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int i = 0; i < kFamilyCount; ++i) {
    names.insert(std::string(FamilyName(static_cast<Family>(i))));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kFamilyCount));
  EXPECT_FALSE(names.contains(""));
}

TEST(SchemaTest, PlacesInIndexesLeadToTheirEmails) {
  const std::string place = EncodeListPlace({7, "an-id"});
  const std::string by_tag = TagPrefix("key", "value") + place;
  const std::string by_recipient = AddressPrefix("a@b.test") + place;
  EXPECT_EQ(*IndexedEmailId(Family::kByTime, place), "an-id");
  EXPECT_EQ(*IndexedEmailId(Family::kByTag, by_tag), "an-id");
  EXPECT_EQ(*IndexedEmailId(Family::kByRecipient, by_recipient), "an-id");
  for (size_t size = 0; size <= by_tag.size() - 5; ++size) {
    EXPECT_FALSE(IndexedEmailId(Family::kByTag, by_tag.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace mailstrom::storage
