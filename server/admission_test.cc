#include "server/admission.h"

#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"
#include "server/rpc_status.h"
#include "server/tenant_credentials.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::server {
namespace {

// Lets administrators query, and everybody with credentials cancel.
class TwoDoors final : public v1::MailstromService::CallbackService {
 public:
  explicit TwoDoors(AccessControl& access) : access_(access) {}

  grpc::ServerUnaryReactor* QueryStatus(grpc::CallbackServerContext* context,
                                        const v1::QueryStatusRequest* request,
                                        v1::QueryStatusResponse* response) override {
    return Answer(context, AdmitAdministrator(access_, *context));
  }
  grpc::ServerUnaryReactor* CancelEmail(grpc::CallbackServerContext* context,
                                        const v1::CancelEmailRequest* request,
                                        v1::CancelEmailResponse* response) override {
    return Answer(context, Admit(access_, *context));
  }

 private:
  static grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                          const std::variant<Caller, v1::Error>& admitted) {
    const auto* error = std::get_if<v1::Error>(&admitted);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(error == nullptr ? grpc::Status::OK : ToRpcStatus(*error));
    return reactor;
  }

  AccessControl& access_;
};

class AdmissionTest : public ::testing::Test {
 protected:
  void Start(const config::v1::AccessConfig& config) {
    access_ = std::make_unique<AccessControl>(config, clock_);
    ASSERT_TRUE(access_->Reload().ok());
    service_ = std::make_unique<TwoDoors>(*access_);
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    stub_ = v1::MailstromService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  static void Show(const std::string& key, grpc::ClientContext& context) {
    if (!key.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", key));
  }

  grpc::StatusCode AsAdministrator(const std::string& key) {
    grpc::ClientContext context;
    Show(key, context);
    v1::QueryStatusResponse response;
    return stub_->QueryStatus(&context, {}, &response).error_code();
  }

  grpc::StatusCode AsAnybody(const std::string& key) {
    grpc::ClientContext context;
    Show(key, context);
    v1::CancelEmailResponse response;
    return stub_->CancelEmail(&context, {}, &response).error_code();
  }

  FakeClock clock_;
  std::unique_ptr<AccessControl> access_;
  std::unique_ptr<TwoDoors> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MailstromService::Stub> stub_;
};

TEST_F(AdmissionTest, WithoutAFileThisMachineAdministers) {
  Start({});
  EXPECT_EQ(AsAnybody(""), grpc::StatusCode::OK);
  EXPECT_EQ(AsAdministrator(""), grpc::StatusCode::OK);
}

TEST_F(AdmissionTest, WithAFileItsAdministratorsDo) {
  const ApiKey ops = TestKey(2);
  Start(WriteAccessFile(TenantYaml("shop", TestKey(1)) + "administrators: {keys: [" + KeyYaml(ops) +
                        "]}\n"));
  EXPECT_EQ(AsAdministrator(ops.text), grpc::StatusCode::OK);
  EXPECT_EQ(AsAnybody(ops.text), grpc::StatusCode::OK);
  EXPECT_EQ(AsAdministrator(TestKey(1).text), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(AsAnybody(TestKey(1).text), grpc::StatusCode::OK);
  for (const std::string& stranger : {std::string(), TestKey(3).text}) {
    EXPECT_EQ(AsAdministrator(stranger), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(AsAnybody(stranger), grpc::StatusCode::UNAUTHENTICATED);
  }
}

}  // namespace
}  // namespace mailstrom::server
