#include "delivery/domain_turns.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

storage::ClaimedEmail To(const std::string& address) {
  storage::ClaimedEmail email;
  email.recipients.resize(1);
  email.recipients[0].recipient.address = address;
  return email;
}

std::vector<std::string> PopAll(DomainTurns& turns) {
  std::vector<std::string> addresses;
  while (!turns.empty()) addresses.push_back(turns.Pop().recipients[0].recipient.address);
  return addresses;
}

TEST(DomainTurnsTest, DomainsTakeTurns) {
  DomainTurns turns;
  for (const char* address : {"1@a", "2@a", "3@a", "1@b", "2@b", "1@c"}) turns.Push(To(address));
  EXPECT_EQ(PopAll(turns), (std::vector<std::string>{"1@a", "1@b", "1@c", "2@a", "2@b", "3@a"}));
}

TEST(DomainTurnsTest, LateComerIsNextButOne) {
  DomainTurns turns;
  for (const char* address : {"1@a", "2@a", "3@a"}) turns.Push(To(address));
  turns.Pop();
  turns.Push(To("1@b"));
  EXPECT_EQ(PopAll(turns), (std::vector<std::string>{"2@a", "1@b", "3@a"}));
}

TEST(DomainTurnsTest, CaseAndOddAddressesDoNotMatter) {
  DomainTurns turns;
  for (const char* address : {"1@A.test", "2@a.TEST", "nowhere", "\"x@y\"@a.test"}) {
    turns.Push(To(address));
  }
  EXPECT_EQ(PopAll(turns),
            (std::vector<std::string>{"1@A.test", "nowhere", "2@a.TEST", "\"x@y\"@a.test"}));
}

}  // namespace
}  // namespace mailstrom::delivery
