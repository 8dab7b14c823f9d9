#include "bench/load/load_run.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace mailstrom::bench {
namespace {

using ::testing::SizeIs;

// Accepts all but the emails with `refused` as recipient, and notes what it saw.
class RecordingService final : public v1::MailstromService::Service {
 public:
  explicit RecordingService(std::string refused) : refused_(std::move(refused)) {}

  grpc::Status SendEmail(grpc::ServerContext*, const v1::SendEmailRequest* request,
                         v1::SendEmailResponse*) override {
    return Note(*request) ? grpc::Status::OK
                          : grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
  }

  grpc::Status SendEmails(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::SendEmailsResponse, v1::SendEmailsRequest>* stream) override {
    for (v1::SendEmailsRequest request; stream->Read(&request);) {
      v1::SendEmailsResponse response;
      response.set_index(request.index());
      if (Note(request.request())) {
        response.mutable_response();
      } else {
        response.mutable_error()->set_message("full");
      }
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  std::multiset<std::string> recipients() const {
    absl::MutexLock lock(&mutex_);
    return recipients_;
  }

 private:
  bool Note(const v1::SendEmailRequest& request) {
    absl::MutexLock lock(&mutex_);
    const std::string& recipient = request.content().to(0).mailbox().address();
    recipients_.insert(recipient);
    return recipient != refused_;
  }

  const std::string refused_;
  mutable absl::Mutex mutex_;
  std::multiset<std::string> recipients_ ABSL_GUARDED_BY(mutex_);
};

class LoadRunTest : public testing::TestWithParam<bool> {
 protected:
  LoadRunTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    for (int i = 0; i < 2; ++i) {
      stubs_.push_back(v1::MailstromService::NewStub(grpc::CreateChannel(
          "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials())));
    }
  }

  LoadResult Run(const LoadOptions& options) {
    return GetParam() ? RunStreams(stubs_, options) : RunUnary(stubs_, options);
  }

  RecordingService service_{"r0.m7@d007.test"};
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::unique_ptr<Stub>> stubs_;
};

class OpenLoopTest : public LoadRunTest {};

TEST_P(LoadRunTest, SendsEachEmailOnceAndCountsTheRefused) {
  const LoadResult result = Run({.shape = {}, .emails = 200, .concurrency = 8});
  EXPECT_THAT(result.latencies, SizeIs(199));
  EXPECT_EQ(result.failed, 1);
  EXPECT_EQ(result.first_error, "full");
  const std::multiset<std::string> recipients = service_.recipients();
  EXPECT_THAT(recipients, SizeIs(200));
  EXPECT_THAT(std::set<std::string>(recipients.begin(), recipients.end()), SizeIs(200));
}

TEST_P(LoadRunTest, EndsWhenTheServerIsGone) {
  server_->Shutdown();
  const LoadResult result = Run({.shape = {}, .emails = 20, .concurrency = 4});
  EXPECT_EQ(result.failed, 20);
}

INSTANTIATE_TEST_SUITE_P(Calls, LoadRunTest, testing::Bool(),
                         [](const auto& param) { return param.param ? "Stream" : "Unary"; });

TEST_P(OpenLoopTest, WaitsUntilEachEmailIsDue) {
  const LoadResult result = Run({.shape = {}, .emails = 20, .concurrency = 8, .rate = 400});
  // The last is due 19/400 s after the start.
  EXPECT_GE(result.elapsed, absl::Milliseconds(47));
  EXPECT_EQ(result.latencies.size() + static_cast<size_t>(result.failed), 20u);
}

INSTANTIATE_TEST_SUITE_P(Calls, OpenLoopTest, testing::Values(false));

}  // namespace
}  // namespace mailstrom::bench
