#include "delivery/attempt_record.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

std::string TextOf(std::vector<std::string> lines) {
  return ToStoredReply(smtp::Reply{550, "5.1.1", std::move(lines)}).text;
}

TEST(AttemptRecordTest, JoinsLines) {
  const storage::Reply reply = ToStoredReply(smtp::Reply{550, "5.1.1", {"no such", "mailbox"}});
  EXPECT_EQ(reply.code, 550);
  EXPECT_EQ(reply.enhanced_code, "5.1.1");
  EXPECT_EQ(reply.text, "no such\nmailbox");
}

TEST(AttemptRecordTest, KeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(TextOf({"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x93\xA7"}),
            "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x93\xA7");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(TextOf({"a\xFF"
                    "b"}),
            "a" + bad + "b");
  EXPECT_EQ(TextOf({"\xC3"}), bad);
  EXPECT_EQ(TextOf({"\xC0\xAF"}), bad + bad);
  EXPECT_EQ(TextOf({"\xED\xA0\x80"}), bad + bad + bad);
  EXPECT_EQ(TextOf({"\xF4\x90\x80\x80"}), bad + bad + bad + bad);
  EXPECT_EQ(TextOf({std::string("a\0b\x1B[2J\r", 8)}), "a" + bad + "b" + bad + "[2J" + bad);
}

TEST(AttemptRecordTest, CutsBetweenCharacters) {
  const std::string text = TextOf({std::string(1023, 'x') + "\xC3\xBC"});
  EXPECT_EQ(text, std::string(1023, 'x'));
  EXPECT_EQ(TextOf({std::string(1024, 'x'), "more"}).size(), 1024u);
  EXPECT_EQ(TextOf(std::vector<std::string>(5000, "")).size(), 1024u);
}

TEST(AttemptRecordTest, DescribesOurOwnFindings) {
  EXPECT_EQ(Describe(JudgeRoute(MxRoute::Kind::kNoMail), "example.com accepts no mail"),
            "5.1.10 example.com accepts no mail");
  EXPECT_EQ(Describe(Verdict{}, "the server said no"), "the server said no");
}

}  // namespace
}  // namespace mailstrom::delivery
