#include "delivery/smtp/capabilities.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Capabilities Parse(std::vector<std::string> lines) {
  Reply reply;
  reply.code = 250;
  reply.lines = std::move(lines);
  return ParseCapabilities(reply);
}

TEST(CapabilitiesTest, ReadsAll) {
  const Capabilities all = Parse({"mx.test at your service", "PIPELINING", "8BITMIME", "SMTPUTF8",
                                  "STARTTLS", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN",
                                  "SIZE 1048576", "AUTH PLAIN LOGIN XOAUTH2", "HELP"});
  EXPECT_TRUE(all.pipelining && all.eight_bit_mime && all.smtputf8 && all.starttls && all.chunking);
  EXPECT_TRUE(all.enhanced_status_codes && all.dsn && all.size);
  EXPECT_EQ(all.max_size_bytes, 1048576u);
  EXPECT_THAT(all.auth_mechanisms, ElementsAre("PLAIN", "LOGIN", "XOAUTH2"));
}

TEST(CapabilitiesTest, NothingIsOfferedByTheGreeting) {
  const Capabilities none = Parse({"PIPELINING"});
  EXPECT_FALSE(none.pipelining);
  EXPECT_FALSE(Parse({}).pipelining);
}

TEST(CapabilitiesTest, CaseAndSpaceDoNotMatter) {
  const Capabilities some = Parse({"mx", "pipelining ", " size  77 ", "auth plain\tlogin"});
  EXPECT_TRUE(some.pipelining);
  EXPECT_EQ(some.max_size_bytes, 77u);
  EXPECT_THAT(some.auth_mechanisms, ElementsAre("PLAIN", "LOGIN"));
}

TEST(CapabilitiesTest, MalformedLinesArePassedOver) {
  const Capabilities some = Parse(
      {"mx", "", "   ", "SIZE", "XPIPELINING", "8BITMIME-NOT", "AUTH", "AUTH=PLAIN", "STARTTLS"});
  EXPECT_TRUE(some.size);
  EXPECT_EQ(some.max_size_bytes, 0u);
  EXPECT_FALSE(some.pipelining || some.eight_bit_mime);
  EXPECT_THAT(some.auth_mechanisms, IsEmpty());
  EXPECT_TRUE(some.starttls);
}

TEST(CapabilitiesTest, SizeOutOfRangeIsNoLimit) {
  EXPECT_EQ(Parse({"mx", "SIZE 99999999999999999999999"}).max_size_bytes, 0u);
  EXPECT_EQ(Parse({"mx", "SIZE -1"}).max_size_bytes, 0u);
  EXPECT_EQ(Parse({"mx", "SIZE 0"}).max_size_bytes, 0u);
}

TEST(CapabilitiesTest, MechanismsAreBoundedAndOnce) {
  std::string line = "AUTH PLAIN PLAIN";
  for (int i = 0; i < 100; ++i) line += " M" + std::to_string(i);
  const Capabilities many = Parse({"mx", line});
  EXPECT_EQ(many.auth_mechanisms.size(), 32u);
  EXPECT_EQ(many.auth_mechanisms[1], "M0");
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
