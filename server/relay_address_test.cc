#include "server/relay_address.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

TEST(RelayAddressTest, NamesAndAddressesWithAndWithoutAPort) {
  const struct Case {
    std::string text;
    std::string host;
    uint16_t port;
  } kCases[] = {
      {"smtp.example.com", "smtp.example.com", 25},
      {"smtp.example.com:587", "smtp.example.com", 587},
      {"192.0.2.1", "192.0.2.1", 25},
      {"192.0.2.1:2525", "192.0.2.1", 2525},
      {"2001:db8::1", "2001:db8::1", 25},
      {"[2001:db8::1]:587", "2001:db8::1", 587},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const std::optional<RelayAddress> address = ParseRelayAddress(c.text);
    ASSERT_TRUE(address.has_value());
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
  }
}

TEST(RelayAddressTest, AnythingElseIsNone) {
  for (const char* text :
       {"", ":25", "a.test:", "a.test:0", "a.test:65536", "a.test:smtp", "a b", "[192.0.2.1]:25",
        "[2001:db8::1", "a.test:25:25", "b\303\274cher.test"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ParseRelayAddress(text).has_value());
  }
}

}  // namespace
}  // namespace mailstrom::server
