#include "storage/email_id.h"

#include <cstdint>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "base/random_source.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

class FixedSource final : public RandomSource {
 public:
  explicit FixedSource(uint64_t value) : value_(value) {}
  uint64_t Next() override { return value_; }

 private:
  const uint64_t value_;
};

TEST(EmailIdTest, EncodesTimeThenChance) {
  struct Case {
    const char* name;
    absl::Time now;
    uint64_t random;
    const char* want;
  };
  for (const Case& c : {
           Case{"epoch", absl::UnixEpoch(), 0, "00000000000000000000000000"},
           Case{"before the epoch", absl::InfinitePast(), 0, "00000000000000000000000000"},
           Case{"one millisecond", absl::FromUnixMillis(1), 0, "00000000010000000000000000"},
           Case{"all random bits", absl::UnixEpoch(), ~uint64_t{0}, "0000000000ZZZZZZZZZZZZZZZZ"},
           Case{"a day in 2016", absl::FromUnixMillis(1469918176385), 0,
                "01ARYZ6S410000000000000000"},
           Case{"the last time", absl::InfiniteFuture(), 0, "7ZZZZZZZZZ0000000000000000"},
       }) {
    FixedSource random(c.random);
    EXPECT_EQ(NewEmailId(c.now, random), c.want) << c.name;
  }
}

TEST(EmailIdTest, SortsByTime) {
  SystemRandomSource random;
  std::string last;
  for (int64_t millis = 1700000000000; millis < 1700000000100; ++millis) {
    const absl::Time now = absl::FromUnixMillis(millis);
    const std::string id = NewEmailId(now, random);
    EXPECT_GT(id, last);
    EXPECT_GE(id, FirstEmailIdAt(now));
    EXPECT_LT(id, FirstEmailIdAt(now + absl::Milliseconds(1)));
    last = id;
  }
}

TEST(EmailIdTest, DiffersWithinOneMillisecond) {
  SystemRandomSource random;
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(NewEmailId(absl::UnixEpoch(), random));
  EXPECT_EQ(ids.size(), 1000u);
}

}  // namespace
}  // namespace mailstrom::storage
