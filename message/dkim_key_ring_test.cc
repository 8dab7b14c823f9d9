#include "message/dkim_key_ring.h"

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "message/dkim_key.h"

namespace mailstrom::message {
namespace {

TEST(DkimKeyRingTest, FindsTheClosestDomain) {
  DkimKeyRing ring;
  const DkimKey key = DkimKey::GenerateEd25519();
  ASSERT_TRUE(ring.Add("Example.COM", "a", key).ok());
  ASSERT_TRUE(ring.Add("example.com", "b.c", key).ok());
  ASSERT_TRUE(ring.Add("news.example.com", "a", key).ok());
  ASSERT_TRUE(ring.Add("b\xC3\xBC"
                       "cher.example",
                       "a_1", key)
                  .ok());
  struct Case {
    const char* domain;
    // Empty when none is found.
    const char* want;
  };
  const Case cases[] = {
      {"example.com", "example.com"},
      {"EXAMPLE.com", "example.com"},
      {"a.b.example.com", "example.com"},
      {"x.news.example.com", "news.example.com"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"com", ""},
      {"notexample.com", ""},
      {"", ""},
      {"[127.0.0.1]", ""},
  };
  for (const Case& c : cases) {
    const DkimDomainKeys* keys = ring.Find(c.domain);
    EXPECT_EQ(keys == nullptr ? "" : keys->domain, c.want) << c.domain;
  }
  EXPECT_EQ(ring.Find("example.com")->keys.size(), 2);
  ASSERT_EQ(ring.All().size(), 3);
  EXPECT_EQ(ring.All()[0]->domain, "example.com");
  EXPECT_EQ(ring.All()[2]->domain, "xn--bcher-kva.example");
}

TEST(DkimKeyRingTest, RefusesBadNames) {
  DkimKeyRing ring;
  const DkimKey key = DkimKey::GenerateEd25519();
  ASSERT_TRUE(ring.Add("x.example", "a", key).ok());
  EXPECT_EQ(ring.Add("X.example", "a", key).code(), absl::StatusCode::kAlreadyExists);
  for (const char* domain : {"", "a..b", "-a.example", "a b"}) {
    EXPECT_EQ(ring.Add(domain, "a", key).code(), absl::StatusCode::kInvalidArgument) << domain;
  }
  for (const std::string& selector :
       {std::string(), std::string("a."), std::string("-a"), std::string("a;b"),
        std::string("a\r\nb"), std::string(64, 'a')}) {
    EXPECT_EQ(ring.Add("x.example", selector, key).code(), absl::StatusCode::kInvalidArgument)
        << selector;
  }
  EXPECT_EQ(ring.All().size(), 1);
}

}  // namespace
}  // namespace mailstrom::message
