#include "delivery/dialogue_text.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using Speaker = DialogueLine::Speaker;

TEST(DialogueTextTest, ComesBackAsItWas) {
  const std::vector<DialogueLine> lines = {
      {absl::FromUnixMicros(1767225600000001), Speaker::kServer, "220 mx ESMTP"},
      {absl::FromUnixMicros(1767225600000002), Speaker::kClient, "EHLO me.test"},
      {absl::FromUnixMicros(-1), Speaker::kNote, ""},
      {absl::FromUnixMicros(3), Speaker::kServer, "250 gr\xC3\xBC\xC3\x9F dich"},
  };
  const auto decoded = DecodeDialogue(EncodeDialogue(lines));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ASSERT_EQ(decoded->size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ((*decoded)[i].time, lines[i].time);
    EXPECT_EQ((*decoded)[i].speaker, lines[i].speaker);
    EXPECT_EQ((*decoded)[i].text, lines[i].text);
  }
  EXPECT_TRUE(DecodeDialogue("")->empty());
}

TEST(DialogueTextTest, NoByteOfAPeerForgesALine) {
  const std::string text =
      EncodeDialogue({{absl::UnixEpoch(), Speaker::kServer, "250 a\n0 C QUIT\r\x01\xff"}});
  EXPECT_EQ(text,
            "0 S 250 a\xEF\xBF\xBD"
            "0 C QUIT\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\n");
}

TEST(DialogueTextTest, OtherTextIsDataLoss) {
  for (const char* text : {"x", "\n", "1 C", "1 C x", "x C x\n", "1 Q x\n", "1 Cx\n", "1\n"}) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeDialogue(text).status())) << text;
  }
}

}  // namespace
}  // namespace mailstrom::delivery
