#include "server/sender_check.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "message/dkim_key_ring.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;

class SenderCheckTest : public ::testing::Test {
 protected:
  static v1::SendEmailRequest Composed() {
    v1::SendEmailRequest request;
    v1::Content& content = *request.mutable_content();
    content.add_from()->mutable_mailbox()->set_address("a@good.test");
    content.add_to()->mutable_mailbox()->set_address("b@receiver.test");
    content.set_text("Hello.\n");
    return request;
  }

  static v1::SendEmailRequest Raw(const std::string& header) {
    v1::SendEmailRequest request;
    request.set_raw_message(header + "To: b@receiver.test\r\n\r\nHello.\r\n");
    return request;
  }

  std::vector<std::string> ForeignFields(const v1::SendEmailRequest& request) const {
    DeterministicRandom random;
    const Submission submission =
        PrepareSubmission(request, {.limits = {}, .host_name = "mail.sender.test"}, {},
                          absl::FromUnixSeconds(1767323045), random);
    EXPECT_TRUE(submission.violations.empty()) << submission.violations[0].description;
    std::vector<std::string> fields;
    for (const message::Violation& violation : CheckSenders(tenant_, request, submission)) {
      fields.push_back(violation.field);
    }
    return fields;
  }

  Tenant tenant_ = {.name = "shop", .from_domains = {"good.test", "*.good.test"}};
};

TEST_F(SenderCheckTest, OwnDomainsPass) {
  EXPECT_THAT(ForeignFields(Composed()), ElementsAre());
  v1::SendEmailRequest request = Composed();
  request.mutable_content()->mutable_from(0)->mutable_mailbox()->set_address("a@News.Good.test");
  request.mutable_envelope()->set_reverse_path("bounces@GOOD.test");
  request.mutable_envelope()->add_forward_paths("c@receiver.test");
  EXPECT_THAT(ForeignFields(request), ElementsAre());
  request.mutable_envelope()->clear_reverse_path();
  EXPECT_THAT(ForeignFields(request), ElementsAre());
}

TEST_F(SenderCheckTest, AnyAuthorCanBeForeign) {
  v1::SendEmailRequest request = Composed();
  request.mutable_content()->add_from()->mutable_mailbox()->set_address("x@bad.test");
  request.mutable_content()->mutable_sender()->set_address("a@good.test");
  EXPECT_THAT(ForeignFields(request), ElementsAre("content.from"));
}

TEST_F(SenderCheckTest, TheSenderCanBeForeign) {
  v1::SendEmailRequest request = Composed();
  request.mutable_content()->mutable_sender()->set_address("x@bad.test");
  request.mutable_envelope()->set_reverse_path("a@good.test");
  request.mutable_envelope()->add_forward_paths("b@receiver.test");
  EXPECT_THAT(ForeignFields(request), ElementsAre("content.sender"));
}

TEST_F(SenderCheckTest, TheReversePathCanBeForeign) {
  v1::SendEmailRequest request = Composed();
  request.mutable_envelope()->set_reverse_path("x@bad.test");
  request.mutable_envelope()->add_forward_paths("b@receiver.test");
  EXPECT_THAT(ForeignFields(request), ElementsAre("envelope.reverse_path"));
}

TEST_F(SenderCheckTest, RawMessagesAreLookedThrough) {
  EXPECT_THAT(ForeignFields(Raw("From: a@good.test\r\n")), ElementsAre());
  EXPECT_THAT(ForeignFields(Raw("From: \"a@good.test\" <x@bad.test>\r\n")),
              ElementsAre("raw_message", "raw_message"));
  EXPECT_THAT(ForeignFields(Raw("Resent-From: x@bad.test\r\nFrom: a@good.test\r\n")),
              ElementsAre("raw_message"));
}

TEST_F(SenderCheckTest, WithoutDomainsEverythingIsAllowed) {
  tenant_.from_domains.clear();
  EXPECT_THAT(ForeignFields(Raw("From: x@bad.test\r\n")), ElementsAre());
}

}  // namespace
}  // namespace mailstrom::server
