// Kills a process that works on a store, at random moments and at every operation on the disk, and
// looks whether what it acknowledged is there.

#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/random_source.h"
#include "gtest/gtest.h"
#include "storage/rocksdb_store.h"
#include "storage/store_audit.h"
#include "tests/crash/worker_process.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::storage {
namespace {

constexpr char kWorker[] = "tests/crash/store_crash_worker";

WorkerRun RunStoreWorker(const std::string& path, uint64_t seed, int emails, int64_t operations,
                         size_t kill_after_bytes) {
  return RunWorker(
      {kWorker, path, absl::StrCat(seed), absl::StrCat(emails), absl::StrCat(operations)},
      kill_after_bytes);
}

// What all workers on one store have acknowledged.
class Ledger {
 public:
  void Add(const std::string& output) {
    for (const absl::string_view line : absl::StrSplit(output, '\n')) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      int number = 0;
      if (words.size() == 3 && words[0] == "accepted" && absl::SimpleAtoi(words[2], &number)) {
        accepted_[words[1]] = number;
      } else if (words.size() == 4 && words[0] == "recorded" &&
                 absl::SimpleAtoi(words[3], &number)) {
        int& attempts = recorded_[absl::StrCat(words[1], "/", words[2])];
        attempts = std::max(attempts, number);
      }
    }
  }

  // Opens the store and compares. Text: what is wrong.
  std::string Check(const std::string& path) const {
    absl::StatusOr<std::unique_ptr<Store>> store = OpenRocksDbStore({.path = path});
    if (!store.ok()) return store.status().ToString();
    const StoreAudit audit = AuditStore(**store, /*claim_all=*/true);
    std::vector<std::string> problems = audit.problems;
    int64_t recipients = 0;
    for (const auto& [id, count] : accepted_) {
      const auto events = audit.events.find(id);
      if (events == audit.events.end()) {
        problems.push_back(absl::StrCat(id, ": accepted, and lost"));
      } else if (CountQueued(events->second) != count) {
        problems.push_back(absl::StrCat(id, ": recipients are missing"));
      }
      recipients += count;
    }
    for (const auto& [id, events] : audit.events) CheckAttempts(id, events, problems);
    const int64_t found = audit.queued + audit.deferred + audit.delivered + audit.failed;
    if (found < recipients) problems.push_back(absl::StrCat(found, " recipients are there"));
    return absl::StrJoin(problems, "\n");
  }

  std::string Summary() const {
    return absl::StrCat(accepted_.size(), " emails and ", recorded_.size(),
                        " attempted recipients acknowledged");
  }

 private:
  static int CountQueued(const std::vector<Event>& events) {
    int count = 0;
    for (const Event& event : events) count += event.recipient.state == RecipientState::kQueued;
    return count;
  }

  void CheckAttempts(const std::string& id, const std::vector<Event>& events,
                     std::vector<std::string>& problems) const {
    std::map<int, int> attempts;
    for (const Event& event : events)
      attempts[event.recipient_index] = event.recipient.attempt_count;
    for (const auto& [index, count] : attempts) {
      const auto recorded = recorded_.find(absl::StrCat(id, "/", index));
      if (recorded != recorded_.end() && count < recorded->second) {
        problems.push_back(absl::StrCat(id, "/", index, ": recorded, and lost"));
      }
    }
  }

  std::map<std::string, int> accepted_;
  // The number of the last attempt.
  std::map<std::string, int> recorded_;
};

// A new one each time, unless MAILSTROM_TEST_SEED repeats an earlier one.
uint64_t Seed() {
  uint64_t seed = 0;
  const char* given = std::getenv("MAILSTROM_TEST_SEED");
  if (given == nullptr || !absl::SimpleAtoi(given, &seed)) seed = SystemRandomSource().Next() >> 1;
  std::cout << "MAILSTROM_TEST_SEED=" << seed << std::endl;
  return seed;
}

TEST(StoreCrashTest, NothingAcknowledgedIsLostByKillsAtRandomMoments) {
  DeterministicRandom random(Seed());
  const std::string path = absl::StrCat(testing::TempDir(), "/killed");
  Ledger ledger;
  int kills = 0;
  for (int round = 0; round < 12; ++round) {
    const WorkerRun run = RunStoreWorker(path, random.Next() >> 1, 3000, -1, random.Next() % 20000);
    ASSERT_TRUE(WasKilled(run)) << run.wait_status;
    ++kills;
    ledger.Add(run.output);
    ASSERT_EQ(ledger.Check(path), "") << "after kill " << kills;
  }
  const WorkerRun last = RunStoreWorker(path, random.Next() >> 1, 30, -1, SIZE_MAX);
  EXPECT_TRUE(WIFEXITED(last.wait_status) && WEXITSTATUS(last.wait_status) == 0);
  ledger.Add(last.output);
  EXPECT_EQ(ledger.Check(path), "");
  std::cout << kills << " kills, " << ledger.Summary() << std::endl;
}

TEST(StoreCrashTest, NothingAcknowledgedIsLostByAKillAtAnyDiskOperation) {
  DeterministicRandom random(Seed());
  int kills = 0;
  // Every other of the first operations (they make and open the database), and some of the later
  // ones; other ones in each run.
  for (int64_t operation = static_cast<int64_t>(random.Next() % 2); operation < 400;
       operation += operation < 60 ? 2 : 1 + static_cast<int64_t>(random.Next() % 33)) {
    const std::string path = absl::StrCat(testing::TempDir(), "/operation", operation);
    Ledger ledger;
    const WorkerRun run = RunStoreWorker(path, random.Next() >> 1, 60, operation, SIZE_MAX);
    if (!WasKilled(run)) break;
    ++kills;
    ledger.Add(run.output);
    ASSERT_EQ(ledger.Check(path), "") << "after a kill at operation " << operation;
    std::filesystem::remove_all(path);
  }
  EXPECT_GE(kills, 30);
  std::cout << kills << " kills" << std::endl;
}

}  // namespace
}  // namespace mailstrom::storage
