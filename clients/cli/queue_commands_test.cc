#include "clients/cli/queue_commands.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "mailstrom/admin/v1/admin_service.grpc.pb.h"

namespace mailstrom::cli {
namespace {

// Answers as an administration service would. Calls come one after the other.
class FakeAdmin final : public admin::v1::AdminService::Service {
 public:
  grpc::Status SummarizeQueue(grpc::ServerContext*, const admin::v1::SummarizeQueueRequest*,
                              admin::v1::SummarizeQueueResponse* response) override {
    ++summaries;
    if (!summary_status.ok()) return summary_status;
    admin::v1::SiteQueue* site = response->add_sites();
    site->set_recipients(7);
    site->add_domains("a.test");
    response->mutable_total()->set_recipients(7);
    return grpc::Status::OK;
  }
  grpc::Status SuspendDelivery(grpc::ServerContext*,
                               const admin::v1::SuspendDeliveryRequest* request,
                               admin::v1::SuspendDeliveryResponse* response) override {
    *response->mutable_suspension()->mutable_scope() = request->scope();
    response->mutable_suspension()->set_author(request->author());
    return grpc::Status::OK;
  }
  grpc::Status ResumeDelivery(grpc::ServerContext*, const admin::v1::ResumeDeliveryRequest*,
                              admin::v1::ResumeDeliveryResponse*) override {
    return {grpc::StatusCode::NOT_FOUND, "there is no such order"};
  }
  grpc::Status CancelQueue(grpc::ServerContext*, const admin::v1::CancelQueueRequest* request,
                           admin::v1::CancelQueueResponse* response) override {
    tokens.push_back(request->page_token());
    if (request->page_token() == fails_at) return {grpc::StatusCode::UNAVAILABLE, "store is down"};
    response->set_changed(1000);
    response->set_claimed(1);
    if (tokens.size() < 3) response->set_next_page_token(absl::StrCat("t", tokens.size()));
    return grpc::Status::OK;
  }
  grpc::Status DrainDelivery(grpc::ServerContext*, const admin::v1::DrainDeliveryRequest* request,
                             admin::v1::DrainDeliveryResponse* response) override {
    response->mutable_delivery()->set_draining(request->drain());
    response->mutable_delivery()->set_running(2);
    return grpc::Status::OK;
  }
  grpc::Status QueryDelivery(grpc::ServerContext*, const admin::v1::QueryDeliveryRequest*,
                             admin::v1::QueryDeliveryResponse* response) override {
    response->mutable_delivery()->set_draining(true);
    response->mutable_delivery()->set_running(++polls < 3 ? 1 : 0);
    return grpc::Status::OK;
  }

  grpc::Status summary_status;
  std::string fails_at = "never";
  std::vector<std::string> tokens;
  int summaries = 0;
  int polls = 0;
};

class QueueCommandsTest : public ::testing::Test {
 protected:
  QueueCommandsTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&admin_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }

  ExitCode Run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    const Environment environment = {
        .connection = {.server = address_},
        .read_file = [](const std::string&) { return absl::NotFoundError("no files here"); },
        .terminal_size = [this]() -> absl::optional<TerminalSize> {
          if (frames_left_ == 0) return absl::nullopt;
          --frames_left_;
          return TerminalSize{80, 24};
        },
        .user = "anna",
        .sleep =
            [this](absl::Duration) {
              if (on_sleep_) on_sleep_();
            },
        .out = out_,
        .err = err_};
    return RunCommandLine(words, environment);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  FakeAdmin admin_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  // How often there is a terminal.
  int frames_left_ = 0;
  std::function<void()> on_sleep_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(QueueCommandsTest, SuspendsInTheUsersName) {
  EXPECT_EQ(Run({"queue", "suspend", "--domain=a.test"}), ExitCode::kOk) << err();
  EXPECT_TRUE(absl::StrContains(out(), "domain a.test: suspended")) << out();
  EXPECT_TRUE(absl::StrContains(out(), "by anna")) << out();
  EXPECT_EQ(Run({"queue", "suspend", "--domain=a.test", "--json"}), ExitCode::kOk);
  EXPECT_EQ(out(), "{\"scope\":{\"domain\":\"a.test\"},\"author\":\"anna\"}\n");
  EXPECT_EQ(Run({"queue", "suspend"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"queue", "resume", "--domain=a.test"}), ExitCode::kNotFound);
}

TEST_F(QueueCommandsTest, CancelsPageByPageAndCounts) {
  EXPECT_EQ(Run({"queue", "cancel", "--tag=run=7"}), ExitCode::kOk) << err();
  EXPECT_EQ(out(), "3000 recipients are given up, 3 were taken up already\n");
  EXPECT_EQ(admin_.tokens, (std::vector<std::string>{"", "t1", "t2"}));
}

TEST_F(QueueCommandsTest, WhatWasDoneBeforeAFailureIsTold) {
  admin_.fails_at = "t2";
  EXPECT_EQ(Run({"queue", "cancel", "--tag=run=7", "--json"}), ExitCode::kUnavailable);
  EXPECT_EQ(out(), "{\"changed\":2000,\"claimed\":2}\n");
  EXPECT_TRUE(absl::StrContains(err(), "store is down")) << err();
}

TEST_F(QueueCommandsTest, DrainWaitsForAttemptsUnderWay) {
  EXPECT_EQ(Run({"queue", "drain", "--wait"}), ExitCode::kOk) << err();
  EXPECT_EQ(admin_.polls, 3);
  EXPECT_EQ(out(), "drained, 0 running, 0 of 0 taken up\n");
  EXPECT_EQ(Run({"queue", "drain", "--end"}), ExitCode::kOk);
  EXPECT_EQ(admin_.polls, 3);
}

TEST_F(QueueCommandsTest, TopWithoutATerminalIsOneFrame) {
  EXPECT_EQ(Run({"top"}), ExitCode::kOk) << err();
  EXPECT_TRUE(absl::StrContains(out(), "a.test")) << out();
  EXPECT_FALSE(absl::StrContains(out(), "\x1b")) << out();
  EXPECT_EQ(admin_.summaries, 1);
  frames_left_ = 10;
  EXPECT_EQ(Run({"top", "--once"}), ExitCode::kOk);
  EXPECT_EQ(admin_.summaries, 2);
  EXPECT_EQ(Run({"top", "--json"}), ExitCode::kOk);
  EXPECT_EQ(admin_.summaries, 3);
  EXPECT_TRUE(absl::StrContains(out(), "\"recipients\":\"7\"")) << out();
  EXPECT_EQ(Run({"top", "--interval=never"}), ExitCode::kUsage);
}

TEST_F(QueueCommandsTest, TopDrawsOverItselfWhileThereIsATerminal) {
  frames_left_ = 3;
  EXPECT_EQ(Run({"top"}), ExitCode::kOk) << err();
  EXPECT_EQ(admin_.summaries, 3);
  size_t frames = 0;
  for (size_t at = out().find("\x1b[H"); at != std::string::npos;
       at = out().find("\x1b[H", at + 1)) {
    ++frames;
  }
  EXPECT_EQ(frames, 3u);
}

TEST_F(QueueCommandsTest, TopWaitsForAServerThatHasAnswered) {
  frames_left_ = 3;
  on_sleep_ = [this] {
    admin_.summary_status = admin_.summaries == 1
                                ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting")
                                : grpc::Status::OK;
  };
  EXPECT_EQ(Run({"top"}), ExitCode::kOk) << err();
  EXPECT_TRUE(absl::StrContains(out(), "no answer: restarting")) << out();
  admin_.summary_status = {grpc::StatusCode::PERMISSION_DENIED, "no administrator"};
  on_sleep_ = nullptr;
  frames_left_ = 3;
  EXPECT_EQ(Run({"top"}), ExitCode::kRefused);
}

}  // namespace
}  // namespace mailstrom::cli
