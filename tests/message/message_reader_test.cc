#include "tests/message/message_reader.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "message/message.h"
#include "tests/message/content_generator.h"

namespace mailstrom::message {
namespace {

TEST(MessageReaderTest, ReadsBackWhatWasComposed) {
  ContentGenerator generator(20260102);
  SeededRandomSource random(1);
  for (int i = 0; i < 1000; ++i) {
    Content content = generator.Next();
    if (!content.date.has_value()) content.date = absl::FromUnixSeconds(1767323045);
    const Prepared prepared = Compose(content, {absl::UnixEpoch(), "mx.example", &random});
    ASSERT_TRUE(prepared.violations.empty());
    content.message_id = prepared.message.message_id;
    const absl::StatusOr<Content> read = ReadMessage(prepared.message.bytes);
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << prepared.message.bytes;
    ASSERT_EQ(DescribeDifference(*read, NormalizeContent(content)), "") << prepared.message.bytes;
  }
}

TEST(MessageReaderTest, ComposedMessagesPassAsRawOnesUnchanged) {
  ContentGenerator generator(20260103);
  SeededRandomSource random(1);
  for (int i = 0; i < 1000; ++i) {
    const Content content = generator.Next();
    const ComposeContext context = {absl::FromUnixSeconds(1767323045), "mx.example", &random};
    const Prepared prepared = Compose(content, context);
    const Prepared checked = CheckRaw(prepared.message.bytes, context);
    ASSERT_TRUE(checked.violations.empty())
        << checked.violations.front().field << " " << checked.violations.front().description << "\n"
        << prepared.message.bytes;
    ASSERT_EQ(checked.message.bytes, prepared.message.bytes);
    ASSERT_EQ(checked.message.message_id, prepared.message.message_id);
    ASSERT_EQ(checked.message.needs_smtputf8, prepared.message.needs_smtputf8);
    ASSERT_EQ(checked.envelope.reverse_path, prepared.envelope.reverse_path);
  }
}

TEST(MessageReaderTest, TellsDifferences) {
  Content content;
  content.subject = "a";
  Content other = content;
  EXPECT_EQ(DescribeDifference(content, other), "");
  other.subject = "b";
  EXPECT_EQ(DescribeDifference(content, other), "subject: a");
}

}  // namespace
}  // namespace mailstrom::message
