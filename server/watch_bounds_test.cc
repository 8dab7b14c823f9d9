// What a watch costs when its client does not read, and what happens when its events are gone or
// cannot be read.

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "server/counting_store.h"
#include "server/cursor.h"
#include "server/service_fixture.h"
#include "storage/rocksdb_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/forwarding_store.h"

namespace mailstrom::server {
namespace {

constexpr size_t kWindowBytes = 32 << 10;
constexpr size_t kCacheBytes = 64 << 10;
constexpr size_t kMaxPending = 32;
// What one read of the log brings the hub, or a stream.
constexpr int64_t kBatchEvents = 512;
// Of the events here, at most.
constexpr int64_t kEventBytes = 1024;

class WatchBoundsTest : public ServiceTest {
 protected:
  explicit WatchBoundsTest(std::unique_ptr<storage::Store> store =
                               std::make_unique<CountingStore>(storage::NewMemoryStore()))
      : ServiceTest({.store = std::move(store),
                     .watch = {.heartbeat_interval = absl::Hours(1),
                               .max_pending_events = kMaxPending,
                               .cache = {.max_bytes = kCacheBytes}},
                     .window_bytes = kWindowBytes}) {}

  std::unique_ptr<grpc::ClientReader<v1::WatchStatusResponse>> OpenAtStart() {
    v1::WatchStatusRequest request;
    request.set_cursor(FormatCursor({store_->LogId(), 0, 0}));
    return stub_->WatchStatus(&context_, request);
  }

  static void ExpectRefused(grpc::ClientReader<v1::WatchStatusResponse>& reader) {
    v1::WatchStatusResponse response;
    EXPECT_FALSE(reader.Read(&response));
    const grpc::Status status = reader.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
    EXPECT_EQ(ReasonOf(status), "CURSOR_INVALID");
  }

  grpc::ClientContext context_;
};

TEST_F(WatchBoundsTest, AClientThatDoesNotReadCostsBoundedMemory) {
  constexpr int kEvents = 20000;
  const auto reader = OpenAtStart();
  MustSend(GoodRequest());
  for (int i = 1; i < kEvents; ++i) Settle(storage::RecipientState::kDeferred);
  v1::WatchStatusResponse response;
  for (int64_t i = 1; i <= kEvents; ++i) {
    ASSERT_TRUE(reader->Read(&response));
    ASSERT_EQ(response.event().revision(), i);
  }
  context_.TryCancel();
  // One batch is with the hub and one in each of the reads that may be under way.
  EXPECT_LE(static_cast<CountingStore&>(*store_).most_bytes_held(),
            static_cast<int64_t>(kWindowBytes + kCacheBytes + kMaxPending * kEventBytes) +
                3 * kBatchEvents * kEventBytes);
}

// Loses its oldest events.
class TrimmedStore final : public ForwardingStore {
 public:
  TrimmedStore() : ForwardingStore(storage::NewMemoryStore()) {}

  void Trim() { is_trimmed_ = true; }

  void ReadEvents(int64_t after, int max_events, Done<storage::EventBatch> done) override {
    if (is_trimmed_ && after < 100)
      return done(absl::OutOfRangeError("these events are past their retention"));
    ForwardingStore::ReadEvents(after, max_events, std::move(done));
  }

 private:
  std::atomic<bool> is_trimmed_ = false;
};

class TrimmedLogTest : public WatchBoundsTest {
 protected:
  TrimmedLogTest() : WatchBoundsTest(std::make_unique<TrimmedStore>()) {}
};

TEST_F(TrimmedLogTest, ACursorBeforeTheLogIsOutOfRange) {
  MustSend(GoodRequest());
  for (int i = 0; i < 200; ++i) Settle(storage::RecipientState::kDeferred);
  static_cast<TrimmedStore&>(*store_).Trim();
  ExpectRefused(*OpenAtStart());
}

// A clock that stands before the service does, for its store.
struct StoreClock {
  FakeClock store_clock;
};

class RetentionTest : protected StoreClock, public WatchBoundsTest {
 protected:
  RetentionTest() : WatchBoundsTest(OpenStore(store_clock)) {}

  static std::unique_ptr<storage::Store> OpenStore(const Clock& clock) {
    storage::RocksDbStoreOptions options;
    options.path = testing::TempDir() + "/retention";
    options.retention = absl::Hours(1);
    options.clock = &clock;
    return storage::OpenRocksDbStore(options).value();
  }
};

TEST_F(RetentionTest, WhatIsHeldInMemoryIsPastItsRetentionToo) {
  MustSend(GoodRequest());
  {
    grpc::ClientContext context;
    v1::WatchStatusRequest request;
    request.set_cursor(FormatCursor({store_->LogId(), 0, 0}));
    const auto reader = stub_->WatchStatus(&context, request);
    v1::WatchStatusResponse response;
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.event().revision(), 1);
    context.TryCancel();
  }
  store_clock.Advance(absl::Hours(2));
  ExpectRefused(*OpenAtStart());
}

// Fails reads of the event log when asked to.
class FailingStore final : public ForwardingStore {
 public:
  FailingStore() : ForwardingStore(storage::NewMemoryStore()) {}

  void FailReads(int count) { failures_ = count; }

  void ReadEvents(int64_t after, int max_events, Done<storage::EventBatch> done) override {
    const bool fails = failures_ > 0 && failures_-- > 0;
    ForwardingStore::ReadEvents(
        after, max_events,
        [fails, done = std::move(done)](absl::StatusOr<storage::EventBatch> batch) mutable {
          if (fails) batch = absl::UnavailableError("the disk is away");
          done(std::move(batch));
        });
  }

 private:
  std::atomic<int> failures_ = 0;
};

class UnreadableLogTest : public WatchBoundsTest {
 protected:
  UnreadableLogTest() : WatchBoundsTest(std::make_unique<FailingStore>()) {}

  // Opens a watch of everything and sees its first event, so that it has joined the hub or soon
  // will.
  std::unique_ptr<grpc::ClientReader<v1::WatchStatusResponse>> OpenAndJoin() {
    MustSend(GoodRequest());
    auto reader = OpenAtStart();
    v1::WatchStatusResponse response;
    EXPECT_TRUE(reader->Read(&response));
    return reader;
  }
};

TEST_F(UnreadableLogTest, AWatchMissesNothingWhenOneReadFails) {
  const auto reader = OpenAndJoin();
  for (int64_t i = 2; i < 50; ++i) {
    static_cast<FailingStore&>(*store_).FailReads(1);
    MustSend(GoodRequest());
    v1::WatchStatusResponse response;
    // The failure met the hub, or this watch, which then says so.
    if (!reader->Read(&response)) {
      EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
      return;
    }
    ASSERT_EQ(response.event().revision(), i);
  }
  context_.TryCancel();
}

TEST_F(UnreadableLogTest, AWatchEndsWhenItsEventsCannotBeRead) {
  const auto reader = OpenAndJoin();
  static_cast<FailingStore&>(*store_).FailReads(1000000);
  MustSend(GoodRequest());
  v1::WatchStatusResponse response;
  EXPECT_FALSE(reader->Read(&response));
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace mailstrom::server
