#ifndef MAILSTROM_SERVER_SERVICE_FIXTURE_H_
#define MAILSTROM_SERVER_SERVICE_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mailstrom/rpc/error_details.pb.h"
#include "server/dkim_keys.h"
#include "server/service.h"
#include "server/status_hub.h"
#include "storage/blocking_store.h"
#include "storage/memory_store.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::server {

// The service on a memory store, called through a real channel.
class ServiceTest : public ::testing::Test {
 protected:
  struct Setup {
    std::unique_ptr<storage::Store> store = storage::NewMemoryStore();
    WatchOptions watch = {};
    // Of the hub: some ten events.
    size_t window_bytes = 8192;
    SendEmailsOptions send = {};
    config::v1::AccessConfig access = {};
  };

  ServiceTest() : ServiceTest(Setup()) {}
  explicit ServiceTest(Setup setup)
      : store_(std::move(setup.store)),
        hub_(std::make_unique<StatusHub>(*store_, setup.window_bytes)),
        watches_(*store_, *hub_, setup.watch),
        access_(setup.access, clock_),
        service_(*store_, watches_, clock_, random_, keys_, access_,
                 {.limits = {.max_message_bytes = 100000}, .host_name = "mail.sender.test"},
                 setup.send) {
    EXPECT_TRUE(access_.Reload().ok());
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.SetMaxReceiveMessageSize(1 << 20);
    server_ = builder.BuildAndStart();
    stub_ = v1::MailstromService::NewStub(server_->InProcessChannel({}));
  }

  ~ServiceTest() override {
    watches_.Drain();
    server_->Shutdown();
  }

  static v1::SendEmailRequest GoodRequest(std::vector<std::string> to = {"b@receiver.test"}) {
    v1::SendEmailRequest request;
    v1::Content& content = *request.mutable_content();
    content.add_from()->mutable_mailbox()->set_address("a@sender.test");
    for (const std::string& address : to) content.add_to()->mutable_mailbox()->set_address(address);
    content.set_subject("Hello");
    content.set_text("Hello.\n");
    return request;
  }

  grpc::Status Send(const v1::SendEmailRequest& request, v1::SendEmailResponse* response) {
    grpc::ClientContext context;
    return stub_->SendEmail(&context, request, response);
  }

  std::string MustSend(const v1::SendEmailRequest& request) {
    v1::SendEmailResponse response;
    const grpc::Status status = Send(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.email().email_id();
  }

  grpc::Status Query(const std::string& email_id, v1::Email* email) {
    grpc::ClientContext context;
    v1::QueryStatusRequest request;
    request.set_email_id(email_id);
    v1::QueryStatusResponse response;
    const grpc::Status status = stub_->QueryStatus(&context, request, &response);
    *email = response.email();
    return status;
  }

  grpc::Status Cancel(const std::string& email_id, v1::Email* email) {
    grpc::ClientContext context;
    v1::CancelEmailRequest request;
    request.set_email_id(email_id);
    v1::CancelEmailResponse response;
    const grpc::Status status = stub_->CancelEmail(&context, request, &response);
    *email = response.email();
    return status;
  }

  // Claims all that is due, now or ever.
  storage::DueWork ClaimAll(int max_recipients = 100) {
    return storage::BlockingStore(*store_)
        .ClaimDue(clock_.Now() + absl::Hours(10000), max_recipients)
        .value();
  }

  // Claims all that is due and records `state` for it.
  void Settle(storage::RecipientState state, int max_recipients = 100,
              std::shared_ptr<const std::string> dialogue = nullptr,
              std::optional<storage::Attempt> attempt = std::nullopt) {
    Settle(ClaimAll(max_recipients), state, std::move(dialogue), std::move(attempt));
  }

  void Settle(const storage::DueWork& work, storage::RecipientState state,
              std::shared_ptr<const std::string> dialogue = nullptr,
              std::optional<storage::Attempt> attempt = std::nullopt) {
    std::vector<storage::Outcome> outcomes;
    for (const storage::ClaimedEmail& email : work.emails) {
      for (const storage::ClaimedRecipient& recipient : email.recipients) {
        storage::Outcome outcome{recipient.claim, recipient.recipient, clock_.Now()};
        outcome.after.state = state;
        outcome.dialogue = dialogue;
        if (attempt.has_value()) outcome.after.last_attempt = attempt;
        ++outcome.after.attempt_count;
        outcome.after.next_attempt_time = clock_.Now();
        outcomes.push_back(std::move(outcome));
      }
    }
    const absl::Status recorded =
        storage::BlockingStore(*store_).RecordOutcomes(std::move(outcomes));
    EXPECT_TRUE(recorded.ok()) << recorded;
  }

  FakeClock clock_;
  DeterministicRandom random_{7};
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<StatusHub> hub_;
  WatchStreams watches_;
  DkimKeys keys_{config::v1::DkimConfig()};
  AccessControl access_;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MailstromService::Stub> stub_;
};

inline std::vector<std::string> FieldsOf(const grpc::Status& status) {
  std::vector<std::string> fields;
  rpc::Status proto;
  EXPECT_TRUE(proto.ParseFromString(status.error_details()));
  for (const auto& any : proto.details()) {
    rpc::BadRequest bad_request;
    if (any.type_url() != "type.googleapis.com/google.rpc.BadRequest") continue;
    EXPECT_TRUE(bad_request.ParseFromString(any.value()));
    for (const auto& violation : bad_request.field_violations())
      fields.push_back(violation.field());
  }
  return fields;
}

inline std::string ReasonOf(const grpc::Status& status) {
  rpc::Status proto;
  rpc::ErrorInfo info;
  EXPECT_TRUE(proto.ParseFromString(status.error_details()));
  for (const auto& any : proto.details()) {
    if (any.type_url() == "type.googleapis.com/google.rpc.ErrorInfo")
      info.ParseFromString(any.value());
  }
  return info.reason();
}

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SERVICE_FIXTURE_H_
