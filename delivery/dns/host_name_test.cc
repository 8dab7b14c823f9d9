#include "delivery/dns/host_name.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(HostNameTest, TellsHostsFromOtherText) {
  for (const char* name : {"x", "mx.test", "a-b.test", "_25._tcp.mx.test", "1.test", "MX.Test",
                           "xn--bcher-kva.test", "a.1b"}) {
    EXPECT_TRUE(IsHostName(name)) << name;
  }
  const std::string label(63, 'a');
  EXPECT_TRUE(IsHostName(label + "." + label + "." + label + "." + std::string(61, 'a')));
  EXPECT_FALSE(IsHostName(label + "." + label + "." + label + "." + std::string(62, 'a')));
  EXPECT_FALSE(IsHostName(label + "a.test"));
  for (const char* name : {"", ".", "a..b", ".a", "a.", "192.0.2.1", "a.1", "a b", "a/b",
                           "bücher.test", "a\\.b", "[192.0.2.1]", "2001:db8::1"}) {
    EXPECT_FALSE(IsHostName(name)) << name;
  }
}

TEST(HostNameTest, ReadsNamesFromTheWire) {
  struct Case {
    const char* what;
    std::string wire;
    std::optional<std::string> want;
  };
  const std::string label = std::string(1, 63) + std::string(63, 'a');
  const Case kCases[] = {
      {"root", std::string("\0", 1), ""},
      {"one label", std::string("\1a\0", 3), "a"},
      {"two labels", std::string("\2MX\4Test\0", 9), "mx.test"},
      {"nothing", "", std::nullopt},
      {"no end", std::string("\1a", 2), std::nullopt},
      {"label beyond the end", std::string("\5ab\0", 4), std::nullopt},
      {"compression pointer", std::string("\xc0\x0c", 2), std::nullopt},
      {"more behind the end", std::string("\1a\0x", 4), std::nullopt},
      {"a dot within a label", std::string("\3a.b\0", 5), std::nullopt},
      {"a NUL within a label", std::string("\3a\0b\0", 5), std::nullopt},
      {"a space", std::string("\3a b\0", 5), std::nullopt},
      {"8-bit bytes", std::string("\2\xc3\xa4\0", 4), std::nullopt},
      {"too long", label + label + label + label + label + std::string(1, 0), std::nullopt},
  };
  for (const Case& c : kCases) EXPECT_EQ(HostNameFromWire(c.wire), c.want) << c.what;
}

}  // namespace
}  // namespace mailstrom::delivery
