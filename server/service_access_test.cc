// What tenants may do, and what they see of each other.

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/cursor.h"
#include "server/service_fixture.h"
#include "server/tenant_credentials.h"
#include "storage/blocking_store.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class ServiceAccessTest : public ServiceTest {
 protected:
  explicit ServiceAccessTest(const std::string& of_shop = "") : ServiceTest(MakeSetup(of_shop)) {}

  static Setup MakeSetup(const std::string& of_shop) {
    Setup setup;
    setup.access =
        WriteAccessFile(TenantYaml("shop", TestKey(1), of_shop) + TenantYaml("press", TestKey(2)) +
                        TenantYaml("default", TestKey(3)));
    return setup;
  }

  static void Show(const ApiKey& key, grpc::ClientContext& context) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", key.text));
  }

  grpc::Status SendAs(const ApiKey& key, const v1::SendEmailRequest& request,
                      v1::SendEmailResponse* response) {
    grpc::ClientContext context;
    Show(key, context);
    return stub_->SendEmail(&context, request, response);
  }

  std::string MustSendAs(const ApiKey& key, const v1::SendEmailRequest& request) {
    v1::SendEmailResponse response;
    const grpc::Status status = SendAs(key, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.email().email_id();
  }

  std::vector<std::string> ListAs(const ApiKey& key) {
    grpc::ClientContext context;
    Show(key, context);
    v1::ListEmailsResponse response;
    EXPECT_TRUE(stub_->ListEmails(&context, {}, &response).ok());
    std::vector<std::string> ids;
    for (const v1::Email& email : response.emails()) ids.push_back(email.email_id());
    return ids;
  }

  const ApiKey shop_ = TestKey(1);
  const ApiKey press_ = TestKey(2);
  const ApiKey default_ = TestKey(3);
};

TEST_F(ServiceAccessTest, AListShowsTheTenantsEmailsOnly) {
  const std::string first = MustSendAs(shop_, GoodRequest());
  const std::string other = MustSendAs(press_, GoodRequest());
  const std::string second = MustSendAs(shop_, GoodRequest());
  EXPECT_THAT(ListAs(shop_), UnorderedElementsAre(first, second));
  EXPECT_THAT(ListAs(press_), ElementsAre(other));
  EXPECT_THAT(ListAs(default_), ElementsAre());
}

TEST_F(ServiceAccessTest, EmailsOfNobodyAreTheDefaultTenants) {
  storage::AcceptRequest old;
  old.email.record.email_id = "old";
  old.email.record.accept_time = clock_.Now();
  old.email.record.expire_time = clock_.Now() + absl::Hours(1);
  old.email.recipients.emplace_back().address = "b@receiver.test";
  ASSERT_TRUE(storage::BlockingStore(*store_).Accept(std::move(old)).ok());
  EXPECT_THAT(ListAs(default_), ElementsAre("old"));
  EXPECT_THAT(ListAs(shop_), ElementsAre());
}

TEST_F(ServiceAccessTest, AWatchOfEverythingSeesTheTenantsEventsOnly) {
  grpc::ClientContext context;
  Show(shop_, context);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  // From the beginning, so that all of it is in the log before the watch reads it.
  v1::WatchStatusRequest request;
  request.set_cursor(FormatCursor({store_->LogId(), 0, 0}));
  const std::string first = MustSendAs(shop_, GoodRequest());
  MustSendAs(press_, GoodRequest());
  const std::string second = MustSendAs(shop_, GoodRequest());
  const auto stream = stub_->WatchStatus(&context, request);
  std::vector<std::string> seen;
  v1::WatchStatusResponse response;
  while (seen.size() < 3 && stream->Read(&response)) {
    if (!response.has_event()) continue;
    seen.push_back(response.event().email_id());
    // One that the hub brings, after two from the log.
    if (seen.size() == 2) {
      MustSendAs(press_, GoodRequest());
      MustSendAs(shop_, GoodRequest());
    }
  }
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], first);
  EXPECT_EQ(seen[1], second);
  EXPECT_THAT(ListAs(shop_), ::testing::Contains(seen[2]));
  context.TryCancel();
}

TEST_F(ServiceAccessTest, RequestIdsAreTheTenantsOwn) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_request_id("order-1");
  const std::string of_shop = MustSendAs(shop_, request);
  EXPECT_EQ(MustSendAs(shop_, request), of_shop);
  EXPECT_NE(MustSendAs(press_, request), of_shop);
  request.mutable_content()->set_subject("Another");
  v1::SendEmailResponse response;
  EXPECT_EQ(SendAs(default_, request, &response).error_code(), grpc::StatusCode::OK);
  EXPECT_EQ(SendAs(shop_, request, &response).error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(ServiceAccessTest, StreamsEndWithTheCredentialsThatOpenedThem) {
  grpc::ClientContext contexts[3];
  Show(shop_, contexts[0]);
  Show(shop_, contexts[1]);
  Show(press_, contexts[2]);
  for (grpc::ClientContext& context : contexts) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  }
  v1::WatchStatusRequest watch;
  watch.set_cursor(FormatCursor({store_->LogId(), 0, 0}));
  MustSendAs(shop_, GoodRequest());
  const std::string of_press = MustSendAs(press_, GoodRequest());
  const auto of_shop = stub_->WatchStatus(&contexts[0], watch);
  const auto sending = stub_->SendEmails(&contexts[1]);
  const auto others = stub_->WatchStatus(&contexts[2], watch);
  v1::WatchStatusResponse seen;
  ASSERT_TRUE(of_shop->Read(&seen));
  ASSERT_TRUE(others->Read(&seen));
  v1::SendEmailsRequest send;
  *send.mutable_request() = GoodRequest();
  v1::SendEmailsResponse sent;
  ASSERT_TRUE(sending->Write(send) && sending->Read(&sent));

  service_.EndStreamsNotAdmitted();
  ASSERT_TRUE(sending->Write(send) && sending->Read(&sent)) << "nothing has changed yet";
  WriteAccessFile(TenantYaml("press", TestKey(2)) + TenantYaml("shop", TestKey(4)));
  ASSERT_TRUE(access_.Reload().value());
  service_.EndStreamsNotAdmitted();
  while (of_shop->Read(&seen)) {
  }
  EXPECT_EQ(of_shop->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_FALSE(sending->Read(&sent));
  EXPECT_EQ(sending->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  // Those of others go on.
  const std::string next = MustSendAs(press_, GoodRequest());
  do {
    ASSERT_TRUE(others->Read(&seen));
  } while (seen.event().email_id() != next);
  contexts[2].TryCancel();
}

TEST_F(ServiceAccessTest, AStreamIsHeldToTheLimitsInForce) {
  grpc::ClientContext context;
  Show(shop_, context);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto sending = stub_->SendEmails(&context);
  v1::SendEmailsRequest send;
  *send.mutable_request() = GoodRequest();
  v1::SendEmailsResponse sent;
  ASSERT_TRUE(sending->Write(send) && sending->Read(&sent));
  EXPECT_TRUE(sent.has_response());
  WriteAccessFile(TenantYaml("shop", TestKey(1), ", from_domains: [elsewhere.test]"));
  ASSERT_TRUE(access_.Reload().value());
  ASSERT_TRUE(sending->Write(send) && sending->Read(&sent));
  EXPECT_EQ(sent.error().code(), static_cast<int>(grpc::StatusCode::PERMISSION_DENIED));
  context.TryCancel();
}

class LimitedTenantTest : public ServiceAccessTest {
 protected:
  LimitedTenantTest()
      : ServiceAccessTest(
            ", from_domains: [sender.test], emails_per_second: 2, max_message_bytes: 2000") {}
};

TEST_F(LimitedTenantTest, MailOfOtherDomainsIsRefusedByField) {
  v1::SendEmailRequest request = GoodRequest();
  request.mutable_content()->mutable_from(0)->mutable_mailbox()->set_address("a@press.test");
  v1::SendEmailResponse response;
  const grpc::Status status = SendAs(shop_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "PERMISSION_DENIED");
  EXPECT_THAT(FieldsOf(status), ::testing::Contains("content.from"));
  EXPECT_TRUE(SendAs(press_, request, &response).ok());
}

TEST_F(LimitedTenantTest, TheRateIsHeld) {
  v1::SendEmailResponse response;
  EXPECT_TRUE(SendAs(shop_, GoodRequest(), &response).ok());
  EXPECT_TRUE(SendAs(shop_, GoodRequest(), &response).ok());
  const grpc::Status status = SendAs(shop_, GoodRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "RATE_LIMITED");
  EXPECT_TRUE(SendAs(press_, GoodRequest(), &response).ok());
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_TRUE(SendAs(shop_, GoodRequest(), &response).ok());
}

TEST_F(LimitedTenantTest, WhatIsNotSentDoesNotCount) {
  v1::SendEmailResponse response;
  v1::SendEmailRequest check = GoodRequest();
  check.set_validate_only(true);
  v1::SendEmailRequest wrong = GoodRequest();
  wrong.mutable_content()->clear_from();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(SendAs(shop_, check, &response).ok());
    EXPECT_EQ(SendAs(shop_, wrong, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_TRUE(SendAs(shop_, GoodRequest(), &response).ok());
}

TEST_F(LimitedTenantTest, TheSizeIsLimited) {
  v1::SendEmailRequest request = GoodRequest();
  request.mutable_content()->set_text(std::string(3000, 'x'));
  v1::SendEmailResponse response;
  EXPECT_EQ(SendAs(shop_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(SendAs(press_, request, &response).ok());
}

class ShareTest : public ServiceAccessTest {
 protected:
  ShareTest() : ServiceAccessTest(", max_queued_recipients: 2") {}
};

TEST_F(ShareTest, ATenantWithAFullShareHoldsUpNobodyElse) {
  v1::SendEmailResponse response;
  const std::string first = MustSendAs(shop_, GoodRequest());
  MustSendAs(shop_, GoodRequest());
  const grpc::Status status = SendAs(shop_, GoodRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  EXPECT_EQ(status.error_message(), "max_queued_recipients of the tenant is 2, and 2 are queued");
  for (int i = 0; i < 3; ++i) MustSendAs(press_, GoodRequest());
  ASSERT_TRUE(storage::BlockingStore(*store_).Cancel(first, clock_.Now()).ok());
  EXPECT_TRUE(SendAs(shop_, GoodRequest(), &response).ok());
}

}  // namespace
}  // namespace mailstrom::server
