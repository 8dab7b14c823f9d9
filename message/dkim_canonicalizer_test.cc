#include "message/dkim_canonicalizer.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

constexpr DkimCanonicalization kSimple = DkimCanonicalization::kSimple;
constexpr DkimCanonicalization kRelaxed = DkimCanonicalization::kRelaxed;

TEST(DkimCanonicalizerTest, CanonicalizesFields) {
  struct Case {
    const char* name;
    const char* value;
    const char* relaxed;
    const char* simple;
  };
  const Case cases[] = {
      // RFC 6376 §3.4.5.
      {"A", " X", "a:X\r\n", "A: X\r\n"},
      {"B", " Y\t\r\n\tZ  ", "b:Y Z\r\n", "B: Y\t\r\n\tZ  \r\n"},
      {"Subject", "", "subject:\r\n", "Subject:\r\n"},
      {"Subject", " \t ", "subject:\r\n", "Subject: \t \r\n"},
      {"SuBJect", "a  b\t\tc\r\n d", "subject:a b c d\r\n", "SuBJect:a  b\t\tc\r\n d\r\n"},
      {"X", " \xC3\xA4 \xFF", "x:\xC3\xA4 \xFF\r\n", "X: \xC3\xA4 \xFF\r\n"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CanonicalField(kRelaxed, c.name, c.value), c.relaxed);
    EXPECT_EQ(CanonicalField(kSimple, c.name, c.value), c.simple);
  }
}

TEST(DkimCanonicalizerTest, KnowsDigestsOfTheStandards) {
  // RFC 6376 §3.4.3 and §3.4.4.
  const char kEmptySimple[] = "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=";
  const char kEmptyRelaxed[] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  for (const char* body : {"", "\r\n", "\r\n\r\n\r\n"}) {
    EXPECT_EQ(absl::Base64Escape(BodyDigest(kSimple, body)), kEmptySimple) << body;
    EXPECT_EQ(absl::Base64Escape(BodyDigest(kRelaxed, body)), kEmptyRelaxed) << body;
  }
  EXPECT_EQ(absl::Base64Escape(BodyDigest(kRelaxed, " \r\n\t\r\n")), kEmptyRelaxed);
  // RFC 8463 §A.3.
  EXPECT_EQ(
      absl::Base64Escape(BodyDigest(
          kRelaxed, "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n\r\n\r\n")),
      "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
}

TEST(DkimCanonicalizerTest, DigestsEqualWhatIsCanonicallyEqual) {
  struct Case {
    const char* body;
    const char* relaxed;
    const char* simple;
  };
  // The bodies of each row are equal, as far as each way of looking goes.
  const Case cases[] = {
      {" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n", " C \r\nD \t E\r\n"},
      {"a\r\n \t\r\n\r\nb\r\n \r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n \t\r\n\r\nb\r\n \r\n"},
      {"\t\ta\tb  c d\te", " a b c d e\r\n", "\t\ta\tb  c d\te\r\n"},
      {"\r\n\r\nx", "\r\n\r\nx\r\n", "\r\n\r\nx\r\n"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(BodyDigest(kRelaxed, c.body), BodyDigest(kSimple, c.relaxed)) << c.body;
    EXPECT_EQ(BodyDigest(kSimple, c.body), BodyDigest(kSimple, c.simple)) << c.body;
  }
  EXPECT_NE(BodyDigest(kRelaxed, "a b\r\n"), BodyDigest(kRelaxed, "ab\r\n"));
  EXPECT_NE(BodyDigest(kSimple, "a  b\r\n"), BodyDigest(kSimple, "a b\r\n"));
}

}  // namespace
}  // namespace mailstrom::message
