#include "bench/load/load_email.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::bench {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

TEST(LoadBodyTest, FillsWholeLinesUpToTheSize) {
  EXPECT_THAT(LoadBody(4096), SizeIs(4080));
  EXPECT_THAT(LoadBody(79), SizeIs(0));
}

TEST(LoadEmailTest, TakesTheDomainsInTurn) {
  const LoadShape shape = {.domains = 3};
  EXPECT_EQ(LoadEmail(shape, "x", 0).content().to(0).mailbox().address(), "r0.m0@d000.test");
  EXPECT_EQ(LoadEmail(shape, "x", 2).content().to(0).mailbox().address(), "r0.m2@d002.test");
  EXPECT_EQ(LoadEmail(shape, "x", 3).content().to(0).mailbox().address(), "r0.m3@d000.test");
}

TEST(LoadEmailTest, IsDueAtOnceOrLater) {
  EXPECT_FALSE(LoadEmail({}, "x", 0).has_send_time());
  const LoadShape shape = {.send_time = absl::FromUnixSeconds(1700000000)};
  EXPECT_EQ(LoadEmail(shape, "x", 0).send_time().seconds(), 1700000000);
}

TEST(LoadEmailTest, IsOfAGroupWhenThereAreGroups) {
  EXPECT_EQ(LoadEmail({}, "x", 0).tags_size(), 0);
  EXPECT_EQ(LoadEmail({.groups = 3}, "x", 5).tags().at(kGroupTag), "2");
}

TEST(LoadEmailTest, SpreadsManyRecipientsOverFiveDomains) {
  const LoadShape shape = {.recipients = 50};
  std::set<std::string> addresses;
  std::set<std::string> domains;
  const v1::SendEmailRequest email = LoadEmail(shape, "x", 1);
  for (const v1::Address& to : email.content().to()) {
    const std::string& address = to.mailbox().address();
    addresses.insert(address);
    domains.insert(address.substr(address.find('@') + 1));
  }
  EXPECT_THAT(addresses, SizeIs(50));
  EXPECT_THAT(domains, SizeIs(5));
  EXPECT_THAT(domains, Contains("d005.test"));
}

}  // namespace
}  // namespace mailstrom::bench
