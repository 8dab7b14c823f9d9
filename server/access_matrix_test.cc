// Every RPC, called with each kind of credentials. The RPCs come from the service's descriptor, so
// that one that is added later has to be here too.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/service_fixture.h"
#include "server/tenant_credentials.h"

namespace mailstrom::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What came of a call.
struct Answer {
  grpc::Status status;
  // Of the first response, if there was one.
  std::string response;
};

class AccessMatrixTest : public ServiceTest {
 protected:
  AccessMatrixTest() : ServiceTest(MakeSetup()), generic_(server_->InProcessChannel({})) {
    own_email_id_ = Send(GoodRequest());
  }

  static Setup MakeSetup() {
    Setup setup;
    setup.access = WriteAccessFile(
        TenantYaml("shop", TestKey(1), ", from_domains: [sender.test]") +
        TenantYaml("press", TestKey(2), ", from_domains: [press.test]") +
        TenantYaml("gone", TestKey(3), "", ", expire_time: \"2001-01-01T00:00:00Z\""));
    return setup;
  }

  static std::vector<std::string> Methods() {
    std::vector<std::string> methods;
    const google::protobuf::ServiceDescriptor* service =
        v1::SendEmailRequest::descriptor()->file()->FindServiceByName("MailstromService");
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i)->name());
    return methods;
  }

  // A request to `method` about the email of the tenant `shop`, or from there.
  std::string RequestFor(const std::string& method) const {
    v1::SendEmailsRequest sends;
    *sends.mutable_request() = GoodRequest();
    v1::QueryStatusRequest query;
    query.set_email_id(own_email_id_);
    v1::QueryDialoguesRequest dialogues;
    dialogues.set_email_id(own_email_id_);
    v1::WatchStatusRequest watch;
    watch.add_email_ids(own_email_id_);
    v1::CancelEmailRequest cancel;
    cancel.set_email_id(own_email_id_);
    const std::map<std::string, std::string> requests = {
        {"SendEmail", GoodRequest().SerializeAsString()},
        {"SendEmails", sends.SerializeAsString()},
        {"QueryStatus", query.SerializeAsString()},
        {"QueryDialogues", dialogues.SerializeAsString()},
        {"WatchStatus", watch.SerializeAsString()},
        {"CancelEmail", cancel.SerializeAsString()},
        {"ListEmails", v1::ListEmailsRequest().SerializeAsString()},
    };
    const auto found = requests.find(method);
    EXPECT_NE(found, requests.end()) << method << " is missing here";
    return found == requests.end() ? "" : found->second;
  }

  // Sends one request, reads one response, and lets go.
  Answer Call(const std::string& method, const std::string& request,
              const std::string& authorization) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    grpc::CompletionQueue queue;
    const auto call = generic_.PrepareCall(
        &context, absl::StrCat("/mailstrom.v1.MailstromService/", method), &queue);
    call->StartCall(this);
    Await(queue);
    const grpc::Slice slice(request);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), this);
    Await(queue);
    grpc::ByteBuffer buffer;
    call->Read(&buffer, this);
    const bool has_response = Await(queue);
    // A watch goes on, for its email is not settled.
    if (has_response && method == "WatchStatus") context.TryCancel();
    Answer answer;
    call->Finish(&answer.status, this);
    Await(queue);
    grpc::Slice response;
    if (has_response && buffer.DumpToSingleSlice(&response).ok()) {
      answer.response.assign(reinterpret_cast<const char*>(response.begin()), response.size());
      if (answer.status.error_code() == grpc::StatusCode::CANCELLED) answer.status = {};
    }
    return answer;
  }

  static bool Await(grpc::CompletionQueue& queue) {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return ok;
  }

  // Sends as the tenant `shop`; the id of the email.
  std::string Send(const v1::SendEmailRequest& request) {
    const Answer answer =
        Call("SendEmail", request.SerializeAsString(), absl::StrCat("Bearer ", TestKey(1).text));
    v1::SendEmailResponse response;
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_TRUE(response.ParseFromString(answer.response));
    return response.email().email_id();
  }

  grpc::GenericStub generic_;
  std::string own_email_id_;
};

TEST_F(AccessMatrixTest, WithoutGoodCredentialsNoRpcIsServed) {
  std::string wrong_secret = TestKey(1).text;
  wrong_secret.back() = 'x';
  const std::map<std::string, std::string> kinds = {
      {"none", ""},
      {"no scheme", TestKey(1).text},
      {"not a key", "Bearer letmein"},
      {"unknown", absl::StrCat("Bearer ", TestKey(9).text)},
      {"wrong secret", absl::StrCat("Bearer ", wrong_secret)},
      {"expired", absl::StrCat("Bearer ", TestKey(3).text)},
  };
  ASSERT_GE(Methods().size(), 7u);
  for (const std::string& method : Methods()) {
    for (const auto& [kind, authorization] : kinds) {
      SCOPED_TRACE(absl::StrCat(method, " with credentials that are: ", kind));
      // Failures are forgiven, so that each of them is looked at.
      clock_.Advance(absl::Minutes(10));
      const Answer answer = Call(method, RequestFor(method), authorization);
      EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
          << answer.status.error_message();
      EXPECT_EQ(answer.response, "");
      // Not even that the request is wrong is told.
      EXPECT_EQ(Call(method, "", authorization).status.error_code(),
                grpc::StatusCode::UNAUTHENTICATED);
    }
  }
  // Nothing of all this came in.
  EXPECT_EQ(store_->Totals().emails, 1);
}

TEST_F(AccessMatrixTest, WhoGuessesIsHeldBackAtEveryRpc) {
  for (int i = 0; i < 10; ++i) Call("QueryStatus", "", "Bearer guess");
  for (const std::string& method : Methods()) {
    const Answer answer = Call(method, RequestFor(method), "Bearer guess");
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << method;
    EXPECT_EQ(ReasonOf(answer.status), "RATE_LIMITED") << method;
  }
}

TEST_F(AccessMatrixTest, TheOwnTenantIsServedByEveryRpc) {
  for (const std::string& method : Methods()) {
    const Answer answer =
        Call(method, RequestFor(method), absl::StrCat("Bearer ", TestKey(1).text));
    EXPECT_TRUE(answer.status.ok()) << method << ": " << answer.status.error_message();
  }
}

TEST_F(AccessMatrixTest, AnotherTenantGetsNothingFromAnyRpc) {
  // How each RPC says no; OK: by an answer in which the email is not.
  const std::map<std::string, grpc::StatusCode> refusals = {
      {"SendEmail", grpc::StatusCode::PERMISSION_DENIED},
      {"SendEmails", grpc::StatusCode::OK},
      {"QueryStatus", grpc::StatusCode::NOT_FOUND},
      {"QueryDialogues", grpc::StatusCode::NOT_FOUND},
      {"WatchStatus", grpc::StatusCode::NOT_FOUND},
      {"CancelEmail", grpc::StatusCode::NOT_FOUND},
      {"ListEmails", grpc::StatusCode::OK},
  };
  const std::string authorization = absl::StrCat("Bearer ", TestKey(2).text);
  for (const std::string& method : Methods()) {
    SCOPED_TRACE(method);
    ASSERT_TRUE(refusals.contains(method)) << "is missing here";
    const Answer answer = Call(method, RequestFor(method), authorization);
    EXPECT_EQ(answer.status.error_code(), refusals.at(method)) << answer.status.error_message();
    EXPECT_THAT(answer.response, Not(HasSubstr(own_email_id_)));
    if (method == "SendEmails") {
      v1::SendEmailsResponse response;
      ASSERT_TRUE(response.ParseFromString(answer.response));
      EXPECT_EQ(response.error().code(), grpc::StatusCode::PERMISSION_DENIED);
    }
    if (method == "ListEmails") EXPECT_EQ(answer.response, "");
  }
  // It is as it was.
  EXPECT_EQ(store_->Totals().emails, 1);
  EXPECT_EQ(ClaimAll().emails.size(), 1u);
}

TEST_F(AccessMatrixTest, AnEmailOfOthersIsAsUnknownAsOneThatNeverWas) {
  const std::string authorization = absl::StrCat("Bearer ", TestKey(2).text);
  for (const char* method : {"QueryStatus", "QueryDialogues", "WatchStatus", "CancelEmail"}) {
    std::string unknown_id = own_email_id_;
    unknown_id.back() = unknown_id.back() == '0' ? '1' : '0';
    std::string request = RequestFor(method);
    const std::string hidden = Call(method, request, authorization).status.error_message();
    request.replace(request.find(own_email_id_), own_email_id_.size(), unknown_id);
    std::string unknown = Call(method, request, authorization).status.error_message();
    ASSERT_THAT(unknown, HasSubstr(unknown_id));
    unknown.replace(unknown.find(unknown_id), unknown_id.size(), own_email_id_);
    EXPECT_EQ(hidden, unknown) << method;
  }
}

}  // namespace
}  // namespace mailstrom::server
