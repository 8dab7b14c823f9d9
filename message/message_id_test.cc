#include "message/message_id.h"

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

TEST(MessageIdTest, Parses) {
  struct Case {
    const char* value;
    const char* want;
  };
  const Case cases[] = {
      {" <1234@local.machine.example>", "1234@local.machine.example"},
      {"<a.b@c>", "a.b@c"},
      {"\r\n <a@[127.0.0.1]> (comment)", "a@[127.0.0.1]"},
      {"<\"a b\\\"@\"@c>", "\"a b\\\"@\"@c"},
      {"<\xC3\xA4@\xC3\xB6.example>", "\xC3\xA4@\xC3\xB6.example"},
      {"<a!#$%&'*+-/=?^_`{|}~@c>", "a!#$%&'*+-/=?^_`{|}~@c"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<std::string> id = ParseMessageId(c.value);
    ASSERT_TRUE(id.ok()) << c.value << ": " << id.status();
    EXPECT_EQ(*id, c.want);
  }
}

TEST(MessageIdTest, Refuses) {
  const char* const cases[] = {
      "",
      "a@b",
      "<a@b",
      "<a>",
      "<@b>",
      "<a@>",
      "<a@b> <c@d>",
      "<a@b> c",
      "<a b@c>",
      "<a@b c>",
      "<.a@b>",
      "<a.@b>",
      "<a..b@c>",
      "<a@b@c>",
      "<a@.b>",
      "<a@[b>",
      "<a@[b[c]]>",
      "<\"a@b>",
      "<\"@b>",
      "<\"a\\\"@b>",
      "<\"a\"b\"@c>",
      "<a@b\r\n c>",
      "<a@b> (open",
      "<\"\\\"@c>",
      "<a(x)@b>",
  };
  for (const char* value : cases) EXPECT_FALSE(ParseMessageId(value).ok()) << value;
}

class CountingRandom final : public RandomSource {
 public:
  uint64_t Next() override { return ++count_; }

 private:
  uint64_t count_ = 0;
};

TEST(MessageIdTest, Makes) {
  CountingRandom random;
  const std::string id = MakeMessageId(absl::FromUnixSeconds(1), "mx.example", random);
  EXPECT_EQ(id, "3e8.0000000000000001@mx.example");
  EXPECT_TRUE(CheckMessageId(id).ok());
  EXPECT_NE(MakeMessageId(absl::FromUnixSeconds(1), "mx.example", random), id);
}

}  // namespace
}  // namespace mailstrom::message
