#include "clients/cpp/client.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "clients/cpp/fake_server.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::client {
namespace {

class Recorder : public WatchObserver {
 public:
  void OnResponse(const v1::WatchStatusResponse& response) override {
    seen.push_back(response.has_snapshot()
                       ? absl::StrCat("snapshot ", response.snapshot().email_id())
                       : absl::StrCat("event ", response.event().revision()));
  }
  void OnReconnect(const absl::Status& cause) override { ++reconnections; }

  std::vector<std::string> seen;
  int reconnections = 0;
};

v1::WatchStatusResponse Snapshot(const std::string& email_id, const std::string& cursor,
                                 int64_t revision = 1) {
  v1::WatchStatusResponse response;
  response.set_cursor(cursor);
  response.mutable_snapshot()->set_email_id(email_id);
  response.mutable_snapshot()->set_revision(revision);
  return response;
}

v1::WatchStatusResponse Event(int64_t revision, const std::string& cursor) {
  v1::WatchStatusResponse response;
  response.set_cursor(cursor);
  response.mutable_event()->set_email_id("E1");
  response.mutable_event()->set_revision(revision);
  return response;
}

// Answers the n-th watch with the n-th script, and remembers the cursors it was asked for.
class ScriptedWatch {
 public:
  struct Stream {
    std::vector<v1::WatchStatusResponse> responses;
    grpc::StatusCode end = grpc::StatusCode::OK;
  };

  explicit ScriptedWatch(std::vector<Stream> streams) : streams_(std::move(streams)) {}

  FakeHandlers handlers() {
    FakeHandlers handlers;
    handlers.watch_status = [this](const v1::WatchStatusRequest& request,
                                   const FakeHandlers::Writer& write) {
      absl::MutexLock lock(&mutex_);
      const Stream& stream = streams_[std::min(cursors_.size(), streams_.size() - 1)];
      cursors_.push_back(request.cursor());
      for (const v1::WatchStatusResponse& response : stream.responses) write(response);
      return grpc::Status(stream.end, "scripted");
    };
    return handlers;
  }

  std::vector<std::string> cursors() {
    absl::MutexLock lock(&mutex_);
    return cursors_;
  }

 private:
  const std::vector<Stream> streams_;
  absl::Mutex mutex_;
  std::vector<std::string> cursors_ ABSL_GUARDED_BY(mutex_);
};

Client::Options OptionsFor(const FakeServer& server) {
  Client::Options options;
  options.server = server.address();
  options.initial_backoff = absl::Milliseconds(1);
  return options;
}

v1::WatchStatusRequest RequestFor(const std::vector<std::string>& email_ids) {
  v1::WatchStatusRequest request;
  for (const std::string& email_id : email_ids) request.add_email_ids(email_id);
  return request;
}

TEST(ClientTest, SendReturnsTheEmail) {
  FakeHandlers handlers;
  handlers.send_email = [](const v1::SendEmailRequest& request, v1::SendEmailResponse& response) {
    response.mutable_email()->set_email_id(absl::StrCat("id of ", request.content().subject()));
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  Client client(OptionsFor(server));
  v1::SendEmailRequest request;
  request.mutable_content()->set_subject("hello");
  const absl::StatusOr<v1::SendEmailResponse> response = client.SendEmail(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->email().email_id(), "id of hello");
}

TEST(ClientTest, UnreachableServerIsUnavailable) {
  std::string address;
  {
    address = FakeServer(FakeHandlers()).address();
  }
  Client::Options options;
  options.server = address;
  options.call_timeout = absl::Milliseconds(300);
  Client client(options);
  EXPECT_TRUE(absl::IsUnavailable(client.QueryStatus("E1").status()));
  Recorder recorder;
  EXPECT_TRUE(
      absl::IsUnavailable(client.Watch(RequestFor({"E1"}), absl::InfiniteFuture(), recorder)));
  EXPECT_EQ(recorder.reconnections, 0);
}

TEST(ClientTest, WatchEndsWithTheStream) {
  ScriptedWatch script({{{Snapshot("E1", "c1"), Event(2, "c2")}}});
  FakeServer server(script.handlers());
  Client client(OptionsFor(server));
  Recorder recorder;
  const absl::Status status = client.Watch(RequestFor({"E1"}), absl::InfiniteFuture(), recorder);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(recorder.seen, (std::vector<std::string>{"snapshot E1", "event 2"}));
}

TEST(ClientTest, WatchGoesOnFromTheLastCursor) {
  ScriptedWatch script({{{Snapshot("E1", "c1"), Event(2, "c2")}, grpc::StatusCode::UNAVAILABLE},
                        {{}, grpc::StatusCode::UNAVAILABLE},
                        {{Event(3, "c3")}}});
  FakeServer server(script.handlers());
  Client client(OptionsFor(server));
  Recorder recorder;
  const absl::Status status = client.Watch(RequestFor({"E1"}), absl::InfiniteFuture(), recorder);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(recorder.seen, (std::vector<std::string>{"snapshot E1", "event 2", "event 3"}));
  EXPECT_EQ(script.cursors(), (std::vector<std::string>{"", "c2", "c2"}));
  EXPECT_EQ(recorder.reconnections, 2);
}

TEST(ClientTest, WatchShowsNothingTwice) {
  // The log may begin before the snapshots.
  ScriptedWatch script(
      {{{Snapshot("E1", "c1", 5), Event(4, "c2"), Event(6, "c3")}, grpc::StatusCode::UNAVAILABLE},
       {{Event(5, "c3"), Event(6, "c4"), Event(7, "c5")}}});
  FakeServer server(script.handlers());
  Client client(OptionsFor(server));
  Recorder recorder;
  const absl::Status status = client.Watch(RequestFor({"E1"}), absl::InfiniteFuture(), recorder);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(recorder.seen, (std::vector<std::string>{"snapshot E1", "event 6", "event 7"}));
  EXPECT_EQ(script.cursors(), (std::vector<std::string>{"", "c3"}));
}

TEST(ClientTest, WatchEndsWhenTheObserverIsDone) {
  struct Impatient : Recorder {
    bool IsDone() const override { return seen.size() == 2; }
  };
  std::atomic<int> streams = 0;
  FakeHandlers handlers;
  handlers.watch_status = [&](const v1::WatchStatusRequest&, const FakeHandlers::Writer& write) {
    ++streams;
    for (int64_t revision = 1; write(Event(revision, "c")); ++revision) {
    }
    return grpc::Status::CANCELLED;
  };
  FakeServer server(handlers);
  Client client(OptionsFor(server));
  Impatient observer;
  EXPECT_TRUE(client.Watch({}, absl::InfiniteFuture(), observer).ok());
  EXPECT_EQ(streams, 1);
  EXPECT_EQ(observer.seen, (std::vector<std::string>{"event 1", "event 2"}));
}

TEST(ClientTest, SendKeepsItsRequestIdForAllTries) {
  absl::Mutex mutex;
  std::vector<std::string> ids;
  FakeHandlers handlers;
  handlers.send_email = [&](const v1::SendEmailRequest& request, v1::SendEmailResponse&) {
    absl::MutexLock lock(&mutex);
    ids.push_back(request.request_id());
    return ids.size() < 3 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "") : grpc::Status::OK;
  };
  FakeServer server(handlers);
  Client client(OptionsFor(server));
  EXPECT_TRUE(client.SendEmail({}).ok());
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0].size(), 32u);
  EXPECT_EQ(ids, std::vector<std::string>(3, ids[0]));
  v1::SendEmailRequest mine;
  mine.set_request_id("mine");
  EXPECT_TRUE(client.SendEmail(mine).ok());
  EXPECT_EQ(ids.back(), "mine");
}

TEST(ClientTest, WhatAStoppingServerCancelsIsRepeated) {
  std::atomic<int> tries = 0;
  ScriptedWatch script({{{Snapshot("E1", "c1")}, grpc::StatusCode::CANCELLED}, {}});
  FakeHandlers handlers = script.handlers();
  handlers.send_email = [&](const v1::SendEmailRequest&, v1::SendEmailResponse&) {
    return ++tries == 1 ? grpc::Status::CANCELLED : grpc::Status::OK;
  };
  FakeServer server(handlers);
  Client client(OptionsFor(server));
  EXPECT_TRUE(client.SendEmail({}).ok());
  EXPECT_EQ(tries, 2);
  Recorder recorder;
  const absl::Status status = client.Watch(RequestFor({"E1"}), absl::InfiniteFuture(), recorder);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(script.cursors(), (std::vector<std::string>{"", "c1"}));
}

TEST(ClientTest, TriesEndWithTheTimeLimit) {
  absl::Mutex mutex;
  int tries = 0;
  FakeHandlers handlers;
  handlers.send_email = [&](const v1::SendEmailRequest&, v1::SendEmailResponse&) {
    absl::MutexLock lock(&mutex);
    ++tries;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "");
  };
  FakeServer server(handlers);
  Client::Options options = OptionsFor(server);
  options.call_timeout = absl::Milliseconds(200);
  EXPECT_TRUE(absl::IsUnavailable(Client(options).SendEmail({}).status()));
  EXPECT_GT(tries, 1);
  tries = 0;
  options.retry = false;
  EXPECT_TRUE(absl::IsUnavailable(Client(options).SendEmail({}).status()));
  EXPECT_EQ(tries, 1);
}

TEST(ClientTest, WatchDoesNotRetryOtherErrors) {
  ScriptedWatch script({{{Snapshot("E1", "c1")}, grpc::StatusCode::OUT_OF_RANGE}});
  FakeServer server(script.handlers());
  Client client(OptionsFor(server));
  Recorder recorder;
  EXPECT_TRUE(
      absl::IsOutOfRange(client.Watch(RequestFor({"E1"}), absl::InfiniteFuture(), recorder)));
  EXPECT_EQ(script.cursors().size(), 1u);
}

TEST(ClientTest, WatchGivesUpAfterTheReconnectLimit) {
  ScriptedWatch script({{{Snapshot("E1", "c1")}, grpc::StatusCode::UNAVAILABLE},
                        {{}, grpc::StatusCode::UNAVAILABLE}});
  FakeServer server(script.handlers());
  Client::Options options = OptionsFor(server);
  options.reconnect_limit = absl::ZeroDuration();
  Client client(options);
  Recorder recorder;
  EXPECT_TRUE(
      absl::IsUnavailable(client.Watch(RequestFor({"E1"}), absl::InfiniteFuture(), recorder)));
  EXPECT_LE(script.cursors().size(), 2u);
}

TEST(ClientTest, WatchEndsAtItsDeadline) {
  FakeHandlers handlers;
  handlers.watch_status = [](const v1::WatchStatusRequest&, const FakeHandlers::Writer& write) {
    while (write(Snapshot("E1", "c1"))) absl::SleepFor(absl::Milliseconds(5));
    return grpc::Status::CANCELLED;
  };
  FakeServer server(handlers);
  Client client(OptionsFor(server));
  Recorder recorder;
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      client.Watch(RequestFor({"E1"}), absl::Now() + absl::Milliseconds(50), recorder)));
}

}  // namespace
}  // namespace mailstrom::client
