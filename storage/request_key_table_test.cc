#include "storage/request_key_table.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);

RequestKey Key(const std::string& caller, const std::string& digest = "digest") {
  return {caller, "request", digest, kNow + absl::Hours(1)};
}

TEST(RequestKeyTableTest, FindsTheEmailOfTheSameRequest) {
  RequestKeyTable table;
  EXPECT_EQ(*table.Find(Key("anna"), kNow), std::nullopt);
  table.Put(Key("anna"), "email1", kNow);
  EXPECT_EQ(*table.Find(Key("anna"), kNow), "email1");
  EXPECT_EQ(*table.Find(Key("bert"), kNow), std::nullopt) << "another caller chooses for himself";
}

TEST(RequestKeyTableTest, AnotherRequestMayNotUseTheKey) {
  RequestKeyTable table;
  table.Put(Key("anna"), "email1", kNow);
  EXPECT_EQ(table.Find(Key("anna", "other"), kNow).status(), RequestKeyReusedError("email1"));
}

TEST(RequestKeyTableTest, ExpiredKeyIsFreeAgain) {
  RequestKeyTable table;
  table.Put(Key("anna"), "email1", kNow);
  const absl::Time end = kNow + absl::Hours(1);
  EXPECT_EQ(*table.Find(Key("anna", "other"), end), std::nullopt);
  RequestKey again = Key("anna", "other");
  again.expire_time = end + absl::Hours(1);
  table.Put(again, "email2", end);
  EXPECT_EQ(*table.Find(again, end), "email2");
}

}  // namespace
}  // namespace mailstrom::storage
