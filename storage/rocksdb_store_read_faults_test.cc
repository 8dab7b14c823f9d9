// What the RocksDB store does when the disk fails to give back what is on it.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "storage/blocking_store.h"
#include "storage/faulty_file_system.h"
#include "storage/rocksdb_store.h"
#include "storage/store_audit.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

// A store whose records lie in files, and not in memory, with emails of two recipients each.
class ReadFaultTest : public testing::Test {
 protected:
  ReadFaultTest() {
    options_.path = absl::StrCat(testing::TempDir(), "/",
                                 testing::UnitTest::GetInstance()->current_test_info()->name());
    options_.env = env_.get();
    options_.block_cache_bytes = 0;
    options_.recent_events = 1;
    options_.recovery_interval = absl::Milliseconds(5);
    Open();
    for (const char* id : {"a", "b", "c"}) {
      EXPECT_TRUE(blocking().Accept(TestEmail(id, 2), std::string(5000, 'c')).ok());
    }
    // Opening writes what the log holds into files.
    Open();
  }
  ~ReadFaultTest() override { disk_->FailReads(false); }

  void Open() {
    store_ = nullptr;
    store_ = OpenRocksDbStore(options_).value();
  }
  BlockingStore blocking() { return BlockingStore(*store_); }

  void ExpectAllIsWell(int delivered) {
    const StoreAudit audit = AuditStore(*store_, /*claim_all=*/true);
    EXPECT_EQ(absl::StrJoin(audit.problems, "\n"), "");
    EXPECT_EQ(audit.delivered, delivered);
    EXPECT_EQ(audit.queued + audit.delivered, 6);
    // What could not be read for a while is not taken for damaged.
    EXPECT_TRUE(blocking().ListDamaged(9)->records.empty());
  }

  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  RocksDbStoreOptions options_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(ReadFaultTest, CallersAreToldToTryAgain) {
  disk_->FailReads(true);
  EXPECT_TRUE(absl::IsUnavailable(blocking().ReadEmail("a").status()));
  EXPECT_TRUE(absl::IsUnavailable(blocking().ReadContent("a").status()));
  EXPECT_TRUE(absl::IsUnavailable(blocking().ListEmails({}).status()));
  EXPECT_TRUE(absl::IsUnavailable(blocking().ReadEvents(0, 9).status()));
  EXPECT_TRUE(absl::IsUnavailable(blocking().Cancel("a", kTestStart).status()));
  EXPECT_GE(disk_->failed_reads(), 5);
  EXPECT_EQ(store_->failures().reads, 5);
  EXPECT_EQ(store_->failures().writes, 0);
  disk_->FailReads(false);
  EXPECT_EQ(blocking().ReadEmail("a")->recipients.size(), 2u);
  EXPECT_EQ(blocking().ReadContent("a")->size(), 5000u);
  EXPECT_EQ(blocking().ListEmails({})->emails.size(), 3u);
  EXPECT_EQ(blocking().ReadEvents(0, 9)->events.size(), 6u);
  ExpectAllIsWell(0);
}

TEST_F(ReadFaultTest, DueWorkIsGivenOutOnceItCanBeRead) {
  disk_->FailReads(true);
  EXPECT_TRUE(absl::IsUnavailable(blocking().ClaimDue(kTestStart, 9).status()));
  EXPECT_TRUE(absl::IsUnavailable(blocking().ClaimDue(kTestStart, 9).status()));
  disk_->FailReads(false);
  EXPECT_EQ(AllOf(blocking().ClaimDue(kTestStart, 9).value()).size(), 6u);
}

TEST_F(ReadFaultTest, AnOutcomeThatCannotBeRecordedIsKeptByItsClaim) {
  std::vector<Outcome> outcomes;
  for (const ClaimedRecipient& claimed : AllOf(blocking().ClaimDue(kTestStart, 9).value())) {
    if (claimed.claim.email_id == "b") outcomes.push_back(Delivered(claimed));
  }
  ASSERT_EQ(outcomes.size(), 2u);
  disk_->FailReads(true);
  EXPECT_TRUE(absl::IsUnavailable(blocking().RecordOutcomes(outcomes)));
  disk_->FailReads(false);
  EXPECT_TRUE(blocking().RecordOutcomes(outcomes).ok());
  EXPECT_TRUE(blocking().ReadEmail("b")->settled());
  Open();
  ExpectAllIsWell(2);
}

TEST_F(ReadFaultTest, TheStoreIsNotOpenedByHalves) {
  store_ = nullptr;
  disk_->FailReads(true);
  EXPECT_TRUE(absl::IsUnavailable(OpenRocksDbStore(options_).status()));
  disk_->FailReads(false);
  Open();
  ExpectAllIsWell(0);
}

// Merging files reads them; what RocksDB cannot do behind the scenes must not stop it for ever.
TEST_F(ReadFaultTest, WritingGoesOnAfterAMergeOfFilesFailed) {
  options_.write_buffer_bytes = 64 << 10;
  Open();
  disk_->FailReads(true);
  int accepted = 0;
  for (int i = 0; i < 200; ++i) {
    const absl::Status status = blocking().Accept(
        TestEmail(absl::StrCat("m", i), 1, kTestStart + absl::Hours(1)), std::string(4000, 'c'));
    EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
    if (status.ok()) ++accepted;
  }
  disk_->FailReads(false);
  for (int tries = 0; !blocking().Accept(TestEmail("z"), "").ok(); ++tries) {
    ASSERT_LT(tries, 1000);
  }
  const StoreAudit audit = AuditStore(*store_, /*claim_all=*/true);
  EXPECT_EQ(absl::StrJoin(audit.problems, "\n"), "");
  EXPECT_GE(audit.queued, 6 + accepted + 1);
  EXPECT_TRUE(store_->Health().ok());
}

}  // namespace
}  // namespace mailstrom::storage
