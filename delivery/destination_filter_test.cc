#include "delivery/destination_filter.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

AddressBlock Block(const char* text) {
  const absl::StatusOr<AddressBlock> block = AddressBlock::Parse(text);
  EXPECT_TRUE(block.ok()) << block.status();
  return *block;
}

TEST(DestinationFilterTest, RefusesWhatIsNotOnTheInternet) {
  struct Case {
    const char* address;
    const char* refusal;
    // With allow_private.
    const char* refusal_private;
  };
  const Case kCases[] = {
      {"8.8.8.8", "", ""},
      {"192.0.2.1", "", ""},
      {"9.255.255.255", "", ""},
      {"11.0.0.0", "", ""},
      {"100.63.255.255", "", ""},
      {"100.128.0.0", "", ""},
      {"172.15.255.255", "", ""},
      {"172.32.0.0", "", ""},
      {"2001:4860:4860::8888", "", ""},
      {"2a00::1", "", ""},
      {"0.0.0.0", "unspecified address", "unspecified address"},
      {"0.1.2.3", "unspecified address", "unspecified address"},
      {"10.0.0.0", "private address", ""},
      {"10.255.255.255", "private address", ""},
      {"100.64.0.1", "shared address", ""},
      {"127.0.0.1", "loopback address", ""},
      {"127.255.255.254", "loopback address", ""},
      {"169.254.169.254", "link-local address", ""},
      {"172.16.0.1", "private address", ""},
      {"172.31.255.255", "private address", ""},
      {"192.0.0.8", "reserved address", ""},
      {"192.168.1.1", "private address", ""},
      {"198.19.0.1", "benchmarking address", ""},
      {"224.0.0.1", "multicast address", "multicast address"},
      {"239.255.255.255", "multicast address", "multicast address"},
      {"240.0.0.1", "reserved address", "reserved address"},
      {"255.255.255.255", "reserved address", "reserved address"},
      {"::", "unspecified address", "unspecified address"},
      {"::1", "loopback address", ""},
      {"::127.0.0.1", "reserved address", "reserved address"},
      {"::ffff:127.0.0.1", "loopback address", ""},
      {"::ffff:10.1.2.3", "private address", ""},
      {"::ffff:8.8.8.8", "", ""},
      {"64:ff9b::10.1.2.3", "private address", ""},
      {"64:ff9b::8.8.8.8", "", ""},
      {"64:ff9b::224.0.0.1", "multicast address", "multicast address"},
      {"64:ff9b:1::8.8.8.8", "private address", ""},
      {"2002:7f00:1::1", "loopback address", ""},
      {"2002:808:808::1", "", ""},
      {"2001::1", "reserved address", ""},
      {"fc00::1", "private address", ""},
      {"fdff::1", "private address", ""},
      {"fe80::1", "link-local address", ""},
      {"fec0::1", "private address", ""},
      {"ff02::1", "multicast address", "multicast address"},
      {"4000::1", "reserved address", "reserved address"},
      {"fe80::1%lo", "not an address on the Internet", "not an address on the Internet"},
      {"localhost", "not an address on the Internet", "not an address on the Internet"},
      {"", "not an address on the Internet", "not an address on the Internet"},
      {"127.1", "not an address on the Internet", "not an address on the Internet"},
      {"0x7f000001", "not an address on the Internet", "not an address on the Internet"},
  };
  const DestinationFilter filter(false);
  const DestinationFilter private_filter(true);
  for (const Case& c : kCases) {
    EXPECT_EQ(filter.Refusal(c.address), c.refusal) << c.address;
    EXPECT_EQ(private_filter.Refusal(c.address), c.refusal_private) << c.address;
    EXPECT_EQ(filter.Allows(c.address), std::string(c.refusal).empty()) << c.address;
  }
}

TEST(DestinationFilterTest, RefusesThisHostsOwnAddresses) {
  const DestinationFilter filter(
      DestinationFilter::Options{true, {}, {Block("198.51.100.7"), Block("2001:db8::7")}});
  EXPECT_EQ(filter.Refusal("198.51.100.7"), "address of this host");
  EXPECT_EQ(filter.Refusal("::ffff:198.51.100.7"), "address of this host");
  EXPECT_EQ(filter.Refusal("64:ff9b::198.51.100.7"), "address of this host");
  EXPECT_EQ(filter.Refusal("2001:db8::7"), "address of this host");
  EXPECT_EQ(filter.Refusal("198.51.100.8"), "");
}

TEST(DestinationFilterTest, AllowsConfiguredBlocksOnly) {
  const DestinationFilter filter(DestinationFilter::Options{
      false, {Block("10.1.0.0/16"), Block("fd00::/8")}, {Block("10.1.0.1")}});
  EXPECT_EQ(filter.Refusal("10.1.2.3"), "");
  EXPECT_EQ(filter.Refusal("10.1.0.1"), "");
  EXPECT_EQ(filter.Refusal("fd12::1"), "");
  EXPECT_EQ(filter.Refusal("10.2.0.1"), "private address");
  EXPECT_EQ(filter.Refusal("fc00::1"), "private address");
}

TEST(AddressBlockTest, RejectsWhatIsNoBlock) {
  for (const char* text : {"", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.1/8",
                           "2001:db8::/129", "2001:db8::1/64", "10.0.0.0/8/8", "/8"}) {
    EXPECT_FALSE(AddressBlock::Parse(text).ok()) << text;
  }
  for (const char* text : {"0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/32", "::/0", "::1/128", "::1"}) {
    EXPECT_TRUE(AddressBlock::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace mailstrom::delivery
