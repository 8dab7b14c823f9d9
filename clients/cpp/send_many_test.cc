#include "clients/cpp/send_many.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "clients/cpp/client.h"
#include "clients/cpp/fake_server.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::client {
namespace {

v1::SendEmailsResponse Answer(const v1::SendEmailsRequest& request) {
  v1::SendEmailsResponse response;
  response.set_index(request.index());
  response.mutable_response()->mutable_email()->set_email_id(
      absl::StrCat("id of ", request.request().request_id()));
  return response;
}

// Hands out so many empty requests.
class Source {
 public:
  explicit Source(int count) : rest_(count) {}
  SendSource AsFunction() {
    return [this](v1::SendEmailRequest&) {
      if (rest_ == 0) return false;
      --rest_;
      ++taken;
      return true;
    };
  }
  int taken = 0;

 private:
  int rest_;
};

Client MakeClient(const FakeServer& server, absl::Duration timeout = absl::Seconds(10)) {
  return Client({.server = server.address(), .call_timeout = timeout});
}

TEST(SendManyTest, TakesNoMoreThanTheWindow) {
  FakeHandlers handlers;
  handlers.send_emails = [](const auto& read, const auto& write) {
    for (v1::SendEmailsRequest request; read(request);) write(Answer(request));
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  Client client = MakeClient(server);
  Source source(100);
  int answered = 0;
  int most = 0;
  std::set<std::string> ids;
  const absl::Status status =
      client.SendMany(source.AsFunction(),
                      [&](const SendOutcome& outcome) {
                        most = std::max(most, source.taken - answered);
                        ++answered;
                        ASSERT_TRUE(outcome.response.ok());
                        ids.insert(outcome.request.request_id());
                        EXPECT_EQ(outcome.response->email().email_id(),
                                  absl::StrCat("id of ", outcome.request.request_id()));
                      },
                      {.window = 8});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(source.taken, 100);
  EXPECT_EQ(answered, 100);
  EXPECT_LE(most, 8);
  EXPECT_EQ(ids.size(), 100u);
}

class StoppingServerTest : public ::testing::TestWithParam<grpc::StatusCode> {};

// What a server that stops ends calls with, by how far it has come with them.
INSTANTIATE_TEST_SUITE_P(, StoppingServerTest,
                         ::testing::Values(grpc::StatusCode::UNAVAILABLE,
                                           grpc::StatusCode::CANCELLED));

TEST_P(StoppingServerTest, SendsAgainWhatHasNoAnswer) {
  absl::Mutex mutex;
  std::vector<std::vector<v1::SendEmailsRequest>> streams;
  FakeHandlers handlers;
  handlers.send_emails = [&](const auto& read, const auto& write) {
    size_t stream = 0;
    {
      absl::MutexLock lock(&mutex);
      stream = streams.size();
      streams.emplace_back();
    }
    for (v1::SendEmailsRequest request; read(request);) {
      absl::MutexLock lock(&mutex);
      streams[stream].push_back(request);
      if (stream > 0) {
        write(Answer(request));
      } else if (streams[0].size() == 3) {
        write(Answer(streams[0][1]));
        return grpc::Status(GetParam(), "stopping");
      }
    }
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  Client client = MakeClient(server);
  Source source(5);
  std::set<int64_t> indices;
  const absl::Status status = client.SendMany(
      source.AsFunction(), [&](const SendOutcome& outcome) { indices.insert(outcome.index); },
      {.window = 3});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(indices, (std::set<int64_t>{0, 1, 2, 3, 4}));
  absl::MutexLock lock(&mutex);
  ASSERT_EQ(streams.size(), 2u);
  ASSERT_EQ(streams[1].size(), 4u);
  EXPECT_EQ(streams[1][0].index(), 0);
  EXPECT_EQ(streams[1][1].index(), 2);
  EXPECT_EQ(streams[1][0].request().request_id(), streams[0][0].request().request_id());
}

TEST(SendManyTest, ARefusalComesWithItsDetails) {
  FakeHandlers handlers;
  handlers.send_emails = [](const auto& read, const auto& write) {
    for (v1::SendEmailsRequest request; read(request);) {
      v1::SendEmailsResponse response;
      response.set_index(request.index());
      v1::Error& error = *response.mutable_error();
      error.set_code(grpc::StatusCode::INVALID_ARGUMENT);
      error.set_message("wrong");
      error.set_reason(v1::ERROR_REASON_FIELD_INVALID);
      error.add_field_violations()->set_field("content.to");
      write(response);
    }
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  Client client = MakeClient(server);
  Source source(1);
  int refused = 0;
  EXPECT_TRUE(client
                  .SendMany(source.AsFunction(),
                            [&](const SendOutcome& outcome) {
                              ++refused;
                              const absl::Status& status = outcome.response.status();
                              EXPECT_TRUE(absl::IsInvalidArgument(status));
                              EXPECT_EQ(ErrorReason(status), "FIELD_INVALID");
                              ASSERT_EQ(FieldViolations(status).size(), 1u);
                              EXPECT_EQ(FieldViolations(status)[0].field, "content.to");
                            })
                  .ok());
  EXPECT_EQ(refused, 1);
}

TEST(SendManyTest, GivesUpOnASilentServer) {
  absl::Notification over;
  FakeHandlers handlers;
  handlers.send_emails = [&](const auto&, const auto&) {
    over.WaitForNotification();
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  Client client = MakeClient(server, absl::Milliseconds(200));
  Source source(1);
  const absl::Status status = client.SendMany(source.AsFunction(), [](const SendOutcome&) {});
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  over.Notify();
}

TEST(SendManyTest, OtherErrorsAreNotTriedAgain) {
  FakeServer server(FakeHandlers{});
  Client client = MakeClient(server);
  Source source(1);
  EXPECT_TRUE(
      absl::IsUnimplemented(client.SendMany(source.AsFunction(), [](const SendOutcome&) {})));
}

TEST(SendManyTest, TheWindowHasBounds) {
  FakeServer server(FakeHandlers{});
  Client client = MakeClient(server);
  Source source(1);
  for (const int window : {0, 257}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        client.SendMany(source.AsFunction(), [](const SendOutcome&) {}, {.window = window})));
  }
  EXPECT_EQ(source.taken, 0);
}

}  // namespace
}  // namespace mailstrom::client
