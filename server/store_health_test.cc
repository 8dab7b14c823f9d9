// What callers and load balancers see while the disk fails, and after.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "server/readiness.h"
#include "server/service_fixture.h"
#include "storage/blocking_store.h"
#include "storage/faulty_file_system.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

namespace mailstrom::server {
namespace {

using storage::FaultyFileSystem;

// A disk that can fail, and its files.
struct Disk {
  const std::shared_ptr<FaultyFileSystem> files = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
};

class StoreHealthTest : protected Disk, public ServiceTest {
 protected:
  StoreHealthTest() : ServiceTest({.store = OpenStore(*this)}) {}
  ~StoreHealthTest() override {
    files->Fail(FaultyFileSystem::Fault::kNone);
    files->FailReads(false);
  }

  static std::unique_ptr<storage::Store> OpenStore(const Disk& disk) {
    static int count = 0;
    storage::RocksDbStoreOptions options;
    options.path = absl::StrCat(testing::TempDir(), "/health", count++);
    options.env = disk.env.get();
    options.recovery_interval = absl::Milliseconds(10);
    options.block_cache_bytes = 0;
    {
      const auto store = storage::OpenRocksDbStore(options).value();
      storage::BlockingStore blocking(*store);
      EXPECT_TRUE(blocking.Accept(storage::TestEmail("old"), "content").ok());
    }
    // With the email in a file: opening writes there what the log holds.
    return storage::OpenRocksDbStore(options).value();
  }

  void SetReady(bool ready) {
    absl::MutexLock lock(&mutex_);
    ready_ = ready;
  }

  // Waits until the server says so.
  void AwaitReady(bool wanted) {
    absl::MutexLock lock(&mutex_);
    const auto is_so = [&] { return ready_ == wanted; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&is_so), absl::Seconds(30)));
  }

 private:
  absl::Mutex mutex_;
  bool ready_ = false;
};

TEST_F(StoreHealthTest, AFailingDiskTurnsCallersAwayUntilItWorksAgain) {
  Readiness readiness(*store_, [this](bool ready) { SetReady(ready); });
  AwaitReady(true);
  const std::string before = MustSend(GoodRequest());
  for (const auto fault : {FaultyFileSystem::Fault::kNoSpace, FaultyFileSystem::Fault::kIoError}) {
    files->Fail(fault);
    v1::SendEmailResponse response;
    const grpc::Status status = Send(GoodRequest(), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(status), "STORAGE_UNAVAILABLE");
    AwaitReady(false);
    v1::Email email;
    EXPECT_EQ(Cancel(before, &email).error_code(), grpc::StatusCode::UNAVAILABLE);
    // What is stored can still be looked at.
    EXPECT_TRUE(Query(before, &email).ok());
    EXPECT_EQ(email.recipients(0).state(), v1::Recipient::STATE_QUEUED);

    files->Fail(FaultyFileSystem::Fault::kNone);
    AwaitReady(true);
    MustSend(GoodRequest());
  }
}

TEST_F(StoreHealthTest, WhatCannotBeReadIsUnavailableUntilItCan) {
  Readiness readiness(*store_, [this](bool ready) { SetReady(ready); });
  v1::Email email;
  ASSERT_TRUE(Query("old", &email).ok());
  files->FailReads(true);
  const grpc::Status status = Query("old", &email);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Cancel("old", &email).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_GE(files->failed_reads(), 2);
  files->FailReads(false);
  EXPECT_TRUE(Query("old", &email).ok());
  EXPECT_EQ(email.recipients(0).state(), v1::Recipient::STATE_QUEUED);
  EXPECT_TRUE(Cancel("old", &email).ok());
  EXPECT_EQ(email.recipients(0).state(), v1::Recipient::STATE_FAILED);
  MustSend(GoodRequest());
  AwaitReady(true);
}

TEST_F(StoreHealthTest, ARetryAfterAFailureMakesOneEmail) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_request_id("order-17");
  Readiness readiness(*store_, [this](bool ready) { SetReady(ready); });
  files->Fail(FaultyFileSystem::Fault::kIoError);
  v1::SendEmailResponse response;
  EXPECT_EQ(Send(request, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
  AwaitReady(false);
  files->Fail(FaultyFileSystem::Fault::kNone);
  AwaitReady(true);
  const std::string id = MustSend(request);
  EXPECT_EQ(MustSend(request), id);
  // Beside the one that was there.
  EXPECT_EQ(storage::BlockingStore(*store_).ListEmails({})->emails.size(), 2u);
}

}  // namespace
}  // namespace mailstrom::server
