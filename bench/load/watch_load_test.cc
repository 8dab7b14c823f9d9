#include "bench/load/watch_load.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/load_email.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace mailstrom::bench {
namespace {

// Sends a heartbeat and as many events as the group's number says, or 10 to those who watch
// everything; then it ends the stream of group 3, and leaves the others open.
class CountingService final : public v1::MailstromService::Service {
 public:
  grpc::Status WatchStatus(grpc::ServerContext* context, const v1::WatchStatusRequest* request,
                           grpc::ServerWriter<v1::WatchStatusResponse>* writer) override {
    const auto group = request->tags().find(kGroupTag);
    const int events = group == request->tags().end() ? 10 : std::stoi(group->second);
    v1::WatchStatusResponse response;
    response.mutable_heartbeat();
    writer->Write(response);
    response.mutable_event();
    for (int i = 0; i < events; ++i) writer->Write(response);
    if (events == 3) return {grpc::StatusCode::UNAVAILABLE, "gone"};
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::OK;
  }
};

class WatchLoadTest : public ::testing::Test {
 protected:
  WatchLoadTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stubs_.push_back(v1::MailstromService::NewStub(server_->InProcessChannel({})));
  }

  CountingService service_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::unique_ptr<Stub>> stubs_;
};

// What never comes true is for the test's time limit to find.
template <typename Condition>
void WaitUntil(const Condition& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST_F(WatchLoadTest, WatchesEverythingWithoutGroups) {
  WatchLoad load(stubs_, {.watchers = 3});
  WaitUntil([&] { return load.events() >= 30; });
  EXPECT_EQ(load.events(), 30);
  EXPECT_EQ(load.broken(), 0);
}

TEST_F(WatchLoadTest, EachWatchesItsGroupAndTellsOfStreamsThatBroke) {
  WatchLoad load(stubs_, {.watchers = 8, .groups = 4});
  WaitUntil([&] { return load.events() >= 2 * (1 + 2 + 3) && load.broken() >= 2; });
  EXPECT_EQ(load.events(), 2 * (1 + 2 + 3));
  EXPECT_EQ(load.broken(), 2);
}

}  // namespace
}  // namespace mailstrom::bench
