#include "server/peer_address.h"

#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

TEST(PeerAddressTest, AHostIsOneWhateverThePort) {
  EXPECT_EQ(PeerHost("ipv4:192.0.2.1:1234"), "192.0.2.1");
  EXPECT_EQ(PeerHost("ipv6:%5B2001:db8::1%5D:1234"), "20010db800000000");
  EXPECT_EQ(PeerHost("ipv6:[2001:db8::ffff]:99"), "20010db800000000");
  EXPECT_NE(PeerHost("ipv6:[2001:db8:0:1::1]:99"), PeerHost("ipv6:[2001:db8::1]:99"));
  EXPECT_EQ(PeerHost("ipv6:%5Bfe80::1%25eth0%5D:1"), "fe80000000000000");
  EXPECT_EQ(PeerHost("unix:/run/mailstrom"), "unix:/run/mailstrom");
}

TEST(PeerAddressTest, OnlyThisMachineIsLocal) {
  for (const char* peer : {"ipv4:127.0.0.1:1", "ipv4:127.8.0.1:1", "ipv6:[::1]:1",
                           "ipv6:%5B::1%5D:1", "unix:", "unix:/run/socket"}) {
    EXPECT_TRUE(IsLocalPeer(peer)) << peer;
  }
  for (const char* peer : {"", "unknown", "ipv4:192.0.2.1:1", "ipv4:12.7.0.1:1", "ipv6:[::10]:1",
                           "ipv6:[2001:db8::1]:1", "127.0.0.1:1"}) {
    EXPECT_FALSE(IsLocalPeer(peer)) << peer;
  }
}

}  // namespace
}  // namespace mailstrom::server
