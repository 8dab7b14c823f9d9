// What would smuggle a line into the SMTP dialogue, and what is too long, in each string of the
// envelope. The fields come from the descriptor, so that one added later is tested too; those of
// the content have the same test in tests/message.

#include "server/submission.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/message/string_fields.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;

v1::SendEmailRequest Sample() {
  v1::SendEmailRequest request;
  v1::Content& content = *request.mutable_content();
  content.add_from()->mutable_mailbox()->set_address("a@sender.test");
  content.add_to()->mutable_mailbox()->set_address("b@receiver.test");
  content.set_text("Hello.\n");
  request.mutable_envelope()->set_reverse_path("bounces@sender.test");
  request.mutable_envelope()->add_forward_paths("b@receiver.test");
  request.mutable_envelope()->add_forward_paths("c@receiver.test");
  return request;
}

std::vector<std::string> RefusedFields(const v1::SendEmailRequest& request) {
  DeterministicRandom random;
  const Submission submission =
      PrepareSubmission(request, {.limits = {}, .host_name = "mail.sender.test"}, {},
                        absl::FromUnixSeconds(1767323045), random);
  std::vector<std::string> fields;
  for (const message::Violation& violation : submission.violations)
    fields.push_back(violation.field);
  EXPECT_EQ(fields.empty(), !submission.content.empty());
  return fields;
}

TEST(SubmissionTest, TheSampleIsAcceptedAndSetsEveryStringOfTheEnvelope) {
  EXPECT_THAT(RefusedFields(Sample()), ElementsAre());
  EXPECT_THAT(message::UnsetStringFields(Sample().envelope()), ElementsAre());
}

TEST(SubmissionTest, NoStringOfTheEnvelopeSmugglesALine) {
  const std::string kInserted[] = {
      "\r", "\n", "\r\nDATA\r\n", "> SIZE=1", std::string(1, '\0'), " ", std::string(100000, 'x')};
  const std::vector<message::StringField> fields = message::SetStringFields(Sample().envelope());
  ASSERT_EQ(fields.size(), 3u);
  for (const message::StringField& field : fields) {
    for (const std::string& inserted : kInserted) {
      SCOPED_TRACE(absl::StrCat(field.path, " with ", inserted.substr(0, 20)));
      v1::SendEmailRequest request = Sample();
      std::string value = field.value;
      value.insert(value.size() / 2, inserted);
      message::SetString(*request.mutable_envelope(), field.path, value);
      EXPECT_THAT(RefusedFields(request), ElementsAre(absl::StrCat("envelope.", field.path)));
    }
  }
}

}  // namespace
}  // namespace mailstrom::server
