#include "message/originators.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

std::string Summary(const std::string& message) {
  std::string text;
  for (const Originator& originator : FindOriginators(message)) {
    text += originator.field + "=" + originator.domain + " ";
  }
  return text;
}

TEST(OriginatorsTest, EveryMailboxCounts) {
  struct Case {
    const char* name;
    const char* message;
    const char* want;
  };
  const Case kCases[] = {
      {"none", "To: a@one.test\r\n\r\n", ""},
      {"one", "From: Ann <ann@One.Test>\r\n\r\n", "From=one.test "},
      {"several", "From: a@one.test,\r\n b@two.test\r\nSender: c@three.test\r\n\r\n",
       "From=one.test From=two.test Sender=three.test "},
      {"a group", "From: team: a@one.test, b@two.test;\r\n\r\n", "From=one.test From=two.test "},
      {"resent", "Resent-From: a@one.test\r\nResent-Sender: b@two.test\r\nFrom: c@three.test\r\n",
       "Resent-From=one.test Resent-Sender=two.test From=three.test "},
      {"twice", "from: a@one.test\r\nFROM: b@two.test\r\n\r\n", "From=one.test From=two.test "},
      {"a name in another script",
       "From: a@b\xc3\xbc"
       "cher.test\r\n\r\n",
       "From=xn--bcher-kva.test "},
      {"a literal", "From: a@[192.0.2.1]\r\n\r\n", "From=[192.0.2.1] "},
      {"hidden in a display name", "From: \"x@good.test\" <a@bad.test>\r\n\r\n", "From=bad.test "},
      {"malformed", "From: a@one.test b@two.test\r\n\r\n", "From= "},
      {"not in the body", "From: a@one.test\r\n\r\nFrom: b@two.test\r\n", "From=one.test "},
  };
  for (const Case& c : kCases) EXPECT_EQ(Summary(c.message), c.want) << c.name;
}

}  // namespace
}  // namespace mailstrom::message
