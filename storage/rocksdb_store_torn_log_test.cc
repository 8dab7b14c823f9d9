// What is left of a store whose log was cut off, as by a kill or a loss of power in the middle of a
// write.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/rocksdb_store.h"
#include "storage/store_audit.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

namespace fs = std::filesystem;

constexpr int kEmails = 8;
// Between two cuts, beside those right at the end of a commit. No divisor of RocksDB's block size.
constexpr uint64_t kStride = 397;

// The newest of the logs; the one that is being written.
fs::path LogOf(const std::string& folder) {
  fs::path newest;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".log") continue;
    if (newest.empty() || entry.path().filename() > newest.filename()) newest = entry.path();
  }
  return newest;
}

// A step that was acknowledged, and how long the log was then.
struct Step {
  uint64_t log_bytes = 0;
  std::string email_id;
  bool delivered = false;
};

class TornLogTest : public testing::Test {
 protected:
  TornLogTest() {
    fs::remove_all(folder_);
    fs::remove_all(killed_);
    store_ = OpenRocksDbStore({.path = folder_}).value();
    for (int i = 0; i < kEmails; ++i) {
      const std::string id = absl::StrCat("e", i);
      EXPECT_TRUE(BlockingStore(*store_).Accept(TestEmail(id, 2), std::string(300 * i, 'c')).ok());
      Note(id, false);
      if (i % 2 == 0) Deliver(id);
    }
    // As a kill leaves it: the store has not been closed.
    fs::copy(folder_, killed_, fs::copy_options::recursive);
    store_ = nullptr;
    std::ifstream log(LogOf(killed_), std::ios::binary);
    log_.assign(std::istreambuf_iterator<char>(log), {});
  }

  void Note(const std::string& id, bool delivered) {
    steps_.push_back({fs::file_size(LogOf(folder_)), id, delivered});
  }

  // All recipients that are due.
  void Deliver(const std::string& id) {
    std::vector<Outcome> outcomes;
    for (const ClaimedRecipient& claimed :
         AllOf(BlockingStore(*store_).ClaimDue(kTestStart, 9).value())) {
      outcomes.push_back(Delivered(claimed));
    }
    EXPECT_TRUE(BlockingStore(*store_).RecordOutcomes(std::move(outcomes)).ok());
    Note(id, true);
  }

  // Where to cut: every few bytes, and at and around the end of each commit.
  std::set<uint64_t> Cuts() const {
    const uint64_t size = log_.size();
    std::set<uint64_t> cuts;
    for (uint64_t at = steps_[0].log_bytes; at < size; at += kStride) cuts.insert(at);
    for (const Step& step : steps_) {
      cuts.insert({step.log_bytes - 1, step.log_bytes});
      if (step.log_bytes < size) cuts.insert(step.log_bytes + 1);
    }
    return cuts;
  }

  // The store as killed, whose log `harm` harms.
  template <typename Harm>
  std::unique_ptr<Store> OpenHarmed(const Harm& harm) {
    fs::remove_all(harmed_);
    fs::copy(killed_, harmed_, fs::copy_options::recursive);
    harm(LogOf(harmed_));
    absl::StatusOr<std::unique_ptr<Store>> store = OpenRocksDbStore({.path = harmed_});
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  // `store` has what was acknowledged while the log was not longer than `kept`, and nothing else.
  void Check(Store& store, uint64_t kept) {
    std::set<std::string> accepted;
    int delivered = 0;
    for (const Step& step : steps_) {
      if (step.log_bytes > kept) continue;
      if (step.delivered) {
        delivered = 2 * static_cast<int>(accepted.size());
      } else {
        accepted.insert(step.email_id);
      }
    }
    const StoreAudit audit = AuditStore(store, /*claim_all=*/true);
    EXPECT_EQ(absl::StrJoin(audit.problems, "\n"), "");
    std::set<std::string> found;
    for (const auto& [id, events] : audit.events) found.insert(id);
    EXPECT_EQ(found, accepted);
    EXPECT_EQ(audit.delivered, delivered);
    EXPECT_TRUE(BlockingStore(store).ListDamaged(9)->records.empty());
    // It goes on behind what is left.
    EXPECT_TRUE(BlockingStore(store).Accept(TestEmail("new"), "content").ok());
    EXPECT_EQ(store.LastSequence(), 2 * static_cast<int64_t>(accepted.size()) + delivered + 1);
  }

  const std::string folder_ = testing::TempDir() + "/torn";
  const std::string killed_ = folder_ + "-killed";
  const std::string harmed_ = folder_ + "-harmed";
  std::unique_ptr<Store> store_;
  std::vector<Step> steps_;
  // The bytes of the killed store's log.
  std::string log_;
};

TEST_F(TornLogTest, WhatWasAcknowledgedBeforeTheCutIsThereAndTheRestIsGone) {
  const std::set<uint64_t> cuts = Cuts();
  for (const uint64_t cut : cuts) {
    SCOPED_TRACE(absl::StrCat("cut after ", cut, " bytes"));
    const auto store = OpenHarmed([cut](const fs::path& log) { fs::resize_file(log, cut); });
    ASSERT_NE(store, nullptr);
    Check(*store, cut);
    if (HasFailure()) return;
  }
  std::cout << cuts.size() << " cuts of a log of " << log_.size() << " bytes" << std::endl;
}

// The size of a file may reach the disk before its bytes do.
TEST_F(TornLogTest, ATailOfZerosIsNoError) {
  for (const uint64_t cut : Cuts()) {
    if (cut % 5 != 0) continue;
    SCOPED_TRACE(absl::StrCat("zeros after ", cut, " bytes"));
    // Zeros in the place of zeros are no harm.
    const uint64_t harmed = std::min<uint64_t>(log_.find_first_not_of('\0', cut), log_.size());
    const auto store = OpenHarmed([cut](const fs::path& log) {
      const uint64_t size = fs::file_size(log);
      fs::resize_file(log, cut);
      fs::resize_file(log, size + 4096);
    });
    ASSERT_NE(store, nullptr);
    Check(*store, harmed);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace mailstrom::storage
