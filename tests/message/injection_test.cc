// What would smuggle a line into a header, and what is too long, in each string that the API's
// Content has. The fields come from the descriptor, so that one added later is tested too.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "mailstrom/v1/content.pb.h"
#include "message/message.h"
#include "tests/message/content_generator.h"
#include "tests/message/string_fields.h"

namespace mailstrom::message {
namespace {

constexpr char kSample[] = R"pb(
  from { mailbox { address: "alice@example.com" display_name: "Alice" } }
  from {
    group {
      display_name: "Team"
      members { address: "b@example.com" display_name: "B" }
    }
  }
  sender { address: "carol@example.com" display_name: "Carol" }
  reply_to { mailbox { address: "d@example.com" display_name: "D" } }
  to { mailbox { address: "e@example.com" display_name: "E" } }
  to {
    group {
      display_name: "G"
      members { address: "f@example.com" display_name: "F" }
    }
  }
  cc { mailbox { address: "h@example.com" display_name: "H" } }
  bcc { mailbox { address: "i@example.com" display_name: "I" } }
  subject: "A subject"
  message_id: "1@example.com"
  in_reply_to: "2@example.com"
  references: "3@example.com"
  text: "Some text"
  html: "<p>Some text</p>"
  attachments { filename: "a.png" content_type: "image/png" data: "x" content_id: "4@example.com" }
  headers { name: "X-Header" value: "a value" }
  list_unsubscribe_uris: "https://example.com/leave"
)pb";

v1::Content Sample() {
  v1::Content content;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kSample, &content));
  return content;
}

Mailbox Convert(const v1::Mailbox& mailbox) { return {mailbox.address(), mailbox.display_name()}; }

Address Convert(const v1::Address& address) {
  if (!address.has_group()) return Convert(address.mailbox());
  Group group;
  group.display_name = address.group().display_name();
  for (const v1::Mailbox& member : address.group().members()) {
    group.members.push_back(Convert(member));
  }
  return group;
}

template <typename Addresses>
std::vector<Address> ConvertAll(const Addresses& addresses) {
  std::vector<Address> converted;
  for (const v1::Address& address : addresses) converted.push_back(Convert(address));
  return converted;
}

Content Convert(const v1::Content& content) {
  Content converted;
  converted.from = ConvertAll(content.from());
  if (content.has_sender()) converted.sender = Convert(content.sender());
  converted.reply_to = ConvertAll(content.reply_to());
  converted.to = ConvertAll(content.to());
  converted.cc = ConvertAll(content.cc());
  converted.bcc = ConvertAll(content.bcc());
  converted.subject = content.subject();
  converted.message_id = content.message_id();
  converted.in_reply_to = {content.in_reply_to().begin(), content.in_reply_to().end()};
  converted.references = {content.references().begin(), content.references().end()};
  converted.text = content.text();
  converted.html = content.html();
  for (const v1::Attachment& attachment : content.attachments()) {
    converted.attachments.push_back({attachment.filename(), attachment.content_type(),
                                     attachment.data(), attachment.content_id()});
  }
  for (const v1::HeaderField& header : content.headers()) {
    converted.headers.push_back({header.name(), header.value()});
  }
  converted.list_unsubscribe_uris = {content.list_unsubscribe_uris().begin(),
                                     content.list_unsubscribe_uris().end()};
  return converted;
}

class InjectionTest : public ::testing::TestWithParam<StringField> {
 protected:
  // The fields that are refused when the one under test has `inserted` in its middle.
  static std::vector<std::string> Refused(const std::string& inserted) {
    const StringField& field = GetParam();
    v1::Content content = Sample();
    std::string value = field.value;
    value.insert(value.size() / 2, inserted);
    SetString(content, field.path, value);
    SeededRandomSource random(1);
    const Prepared prepared =
        Compose(Convert(content), {absl::FromUnixSeconds(1767323045), "mx.example", &random});
    EXPECT_TRUE(prepared.violations.empty() || prepared.message.bytes.empty());
    std::vector<std::string> fields;
    for (const Violation& violation : prepared.violations) fields.push_back(violation.field);
    return fields;
  }

  // Bodies have lines, and are as long as the message may be.
  static bool IsBody() { return GetParam().path == "text" || GetParam().path == "html"; }

  static std::vector<std::string> Itself() { return {GetParam().path}; }
};

TEST_P(InjectionTest, RefusesLineBreaks) {
  if (IsBody()) return;
  for (const char* inserted : {"\r", "\n", "\r\n", "\r\nBcc: evil@example.com", "\n\nbody",
                               "\r\n Bcc: evil@example.com"}) {
    EXPECT_EQ(Refused(inserted), Itself());
  }
}

TEST_P(InjectionTest, RefusesNul) { EXPECT_EQ(Refused(std::string(1, '\0')), Itself()); }

TEST_P(InjectionTest, RefusesInvalidUtf8) {
  for (const char* inserted : {"\xff", "\xc0\x8a", "\xed\xa0\x80", "\xc3"}) {
    EXPECT_EQ(Refused(inserted), Itself());
  }
}

TEST_P(InjectionTest, RefusesWhatIsTooLong) {
  if (IsBody()) return;
  EXPECT_EQ(Refused(std::string(100000, 'x')), Itself());
  std::string words;
  for (int i = 0; i < 50000; ++i) words.append("x ");
  EXPECT_EQ(Refused(words), Itself());
}

std::string TestName(const ::testing::TestParamInfo<StringField>& info) {
  std::string name = info.param.path;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '[' || c == ']'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(EveryString, InjectionTest, ::testing::ValuesIn(SetStringFields(Sample())),
                         TestName);

TEST(InjectionSampleTest, HasEveryString) {
  EXPECT_EQ(absl::StrJoin(UnsetStringFields(Sample()), ", "), "");
  EXPECT_GE(SetStringFields(Sample()).size(), 20u);
}

TEST(InjectionSampleTest, IsValid) {
  SeededRandomSource random(1);
  const Prepared prepared =
      Compose(Convert(Sample()), {absl::FromUnixSeconds(1767323045), "mx.example", &random});
  EXPECT_TRUE(prepared.violations.empty());
  for (const StringField& field : SetStringFields(Sample())) {
    if (absl::StartsWith(field.path, "bcc")) continue;
    EXPECT_TRUE(absl::StrContains(prepared.message.bytes, field.value)) << field.path;
  }
}

}  // namespace
}  // namespace mailstrom::message
