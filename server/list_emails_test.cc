#include "server/list_emails.h"

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/service_fixture.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ListEmailsTest : public ServiceTest {
 protected:
  // Sends `count` emails a minute apart; their ids, newest first.
  std::vector<std::string> SendMany(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
      ids.insert(ids.begin(), MustSend(GoodRequest()));
      clock_.Advance(absl::Minutes(1));
    }
    return ids;
  }

  grpc::Status List(const v1::ListEmailsRequest& request, v1::ListEmailsResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return stub_->ListEmails(&context, request, response);
  }

  // Of all pages.
  std::vector<std::string> ListAll(v1::ListEmailsRequest request) {
    std::vector<std::string> ids;
    v1::ListEmailsResponse response;
    do {
      request.set_page_token(response.next_page_token());
      response.Clear();
      const grpc::Status status = List(request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const v1::Email& email : response.emails()) ids.push_back(email.email_id());
    } while (!response.next_page_token().empty());
    return ids;
  }
};

TEST_F(ListEmailsTest, PagesAreNewestFirstAndFiftyLong) {
  const std::vector<std::string> ids = SendMany(120);
  v1::ListEmailsResponse response;
  ASSERT_TRUE(List({}, &response).ok());
  EXPECT_EQ(response.emails_size(), 50);
  EXPECT_EQ(response.emails(0).email_id(), ids[0]);
  EXPECT_EQ(response.emails(0).recipients(0).address(), "b@receiver.test");
  EXPECT_NE(response.next_page_token(), "");
  EXPECT_THAT(ListAll({}), ElementsAreArray(ids));
  v1::ListEmailsRequest request;
  for (const int page_size : {1, 7, 60, 120, 1000, 1000000}) {
    request.set_page_size(page_size);
    EXPECT_THAT(ListAll(request), ElementsAreArray(ids)) << page_size;
  }
}

TEST_F(ListEmailsTest, AnEmptyStoreHasOneEmptyPage) {
  v1::ListEmailsResponse response;
  ASSERT_TRUE(List({}, &response).ok());
  EXPECT_EQ(response.emails_size(), 0);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(ListEmailsTest, PagesStandStillWhileEmailsComeIn) {
  std::vector<std::string> ids = SendMany(30);
  v1::ListEmailsRequest request;
  request.set_page_size(7);
  std::vector<std::string> listed;
  do {
    v1::ListEmailsResponse response;
    ASSERT_TRUE(List(request, &response).ok());
    for (const v1::Email& email : response.emails()) listed.push_back(email.email_id());
    request.set_page_token(response.next_page_token());
    SendMany(3);
  } while (!request.page_token().empty());
  EXPECT_THAT(listed, ElementsAreArray(ids));
}

TEST_F(ListEmailsTest, EveryConditionHolds) {
  v1::SendEmailRequest tagged = GoodRequest({"x@One.test", "y@two.test"});
  (*tagged.mutable_tags())["team"] = "blue";
  const std::string first = MustSend(tagged);
  clock_.Advance(absl::Minutes(1));
  (*tagged.mutable_tags())["kind"] = "receipt";
  const absl::Time second_time = clock_.Now();
  const std::string second = MustSend(tagged);
  Settle(storage::RecipientState::kDelivered);
  clock_.Advance(absl::Minutes(1));
  const std::string third = MustSend(GoodRequest());

  v1::ListEmailsRequest request;
  (*request.mutable_tags())["team"] = "blue";
  EXPECT_THAT(ListAll(request), ElementsAre(second, first));
  (*request.mutable_tags())["kind"] = "receipt";
  EXPECT_THAT(ListAll(request), ElementsAre(second));
  request.Clear();
  request.set_recipient("x@one.test");
  EXPECT_THAT(ListAll(request), ElementsAre(second, first));
  request.Clear();
  request.set_state(v1::Email::STATE_ACTIVE);
  EXPECT_THAT(ListAll(request), ElementsAre(third));
  request.set_state(v1::Email::STATE_SETTLED);
  EXPECT_THAT(ListAll(request), ElementsAre(second, first));
  request.Clear();
  request.mutable_start_time()->set_seconds(absl::ToUnixSeconds(second_time));
  EXPECT_THAT(ListAll(request), ElementsAre(third, second));
  request.clear_start_time();
  request.mutable_end_time()->set_seconds(absl::ToUnixSeconds(second_time));
  EXPECT_THAT(ListAll(request), ElementsAre(first));
  request.set_recipient("nobody@one.test");
  EXPECT_THAT(ListAll(request), IsEmpty());
}

TEST_F(ListEmailsTest, LargeEmailsMakeShortPages) {
  std::vector<std::string> recipients;
  for (int i = 0; i < 1000; ++i) {
    recipients.push_back(absl::StrCat(std::string(40, 'x'), i, "@receiver.test"));
  }
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) {
    ids.insert(ids.begin(), MustSend(GoodRequest(recipients)));
    clock_.Advance(absl::Minutes(1));
  }
  v1::ListEmailsRequest request;
  request.set_page_size(1000);
  v1::ListEmailsResponse response;
  ASSERT_TRUE(List(request, &response).ok());
  // gRPC clients take 4 MiB unless told otherwise.
  EXPECT_LT(response.ByteSizeLong(), size_t{4} << 20);
  EXPECT_LT(response.emails_size(), 40);
  EXPECT_THAT(ListAll(request), ElementsAreArray(ids));
}

TEST_F(ListEmailsTest, WrongFieldsAreNamed) {
  v1::ListEmailsRequest request;
  request.set_page_size(-1);
  request.set_page_token("garbage");
  (*request.mutable_tags())["No Key"] = "v";
  request.set_recipient("nobody");
  request.set_state(static_cast<v1::Email::State>(77));
  request.mutable_start_time()->set_nanos(-1);
  request.mutable_end_time()->set_seconds(999999999999999);
  v1::ListEmailsResponse response;
  const grpc::Status status = List(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status),
              UnorderedElementsAre("page_size", "page_token", "tags[No Key]", "recipient", "state",
                                   "start_time", "end_time"));
}

TEST_F(ListEmailsTest, ATokenBelongsToItsList) {
  SendMany(5);
  v1::ListEmailsRequest request;
  request.set_page_size(2);
  v1::ListEmailsResponse page;
  ASSERT_TRUE(List(request, &page).ok());
  request.set_page_token(page.next_page_token());
  request.set_page_size(3);
  EXPECT_TRUE(List(request, &page).ok());

  v1::ListEmailsRequest other = request;
  other.set_recipient("b@receiver.test");
  const grpc::Status status = List(other, &page);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("page_token"));

  // None that was tampered with breaks anything.
  const std::string token = request.page_token();
  for (size_t i = 0; i < token.size(); ++i) {
    request.set_page_token(token);
    (*request.mutable_page_token())[i] = token[i] == 'A' ? 'B' : 'A';
    const grpc::Status tampered = List(request, &page);
    EXPECT_TRUE(tampered.ok() || tampered.error_code() == grpc::StatusCode::INVALID_ARGUMENT)
        << tampered.error_message();
  }
}

}  // namespace
}  // namespace mailstrom::server
