// Works on a store until it is killed, and tells on standard output what was acknowledged, a line
// each:
//   accepted ID RECIPIENTS
//   recorded ID INDEX ATTEMPTS
//   done
//
// Usage: store_crash_worker PATH SEED EMAILS OPERATIONS
// EMAILS: how many to accept at most. OPERATIONS: kills itself at this operation on the disk;
// never, when negative.

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "rocksdb/env.h"
#include "storage/blocking_store.h"
#include "storage/faulty_file_system.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::storage {
namespace {

// One write, so that a line is there whole or not at all.
void Say(const std::string& line) {
  const std::string text = absl::StrCat(line, "\n");
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(3);
}

void AcceptEmails(Store& store, uint64_t seed, int thread, int emails) {
  DeterministicRandom random(seed + thread);
  for (int i = 0; i < emails; ++i) {
    const std::string id = absl::StrCat(absl::Hex(seed), "-", thread, "-", i);
    const int recipients = 1 + static_cast<int>(random.Next() % 3);
    const std::string content(random.Next() % 8192, 'c');
    if (!BlockingStore(store).Accept(TestEmail(id, recipients), content).ok()) _exit(4);
    Say(absl::StrCat("accepted ", id, " ", recipients));
  }
}

// Attempts what is due, until nothing comes any more.
void DeliverEmails(Store& store, uint64_t seed, const std::atomic<bool>& all_accepted) {
  DeterministicRandom random(seed);
  BlockingStore blocking(store);
  while (true) {
    const bool is_last_round = all_accepted;
    const absl::StatusOr<DueWork> work = blocking.ClaimDue(kTestStart, 1 + random.Next() % 8);
    if (!work.ok()) _exit(5);
    std::vector<Outcome> outcomes;
    std::string lines;
    for (const ClaimedRecipient& claimed : AllOf(*work)) {
      const uint64_t kind = random.Next() % 4;
      outcomes.push_back(kind == 0   ? Failed(claimed)
                         : kind == 1 ? Deferred(claimed, kTestStart)
                                     : Delivered(claimed));
      absl::StrAppend(&lines, lines.empty() ? "" : "\n", "recorded ", claimed.claim.email_id, " ",
                      claimed.claim.recipient_index, " ", claimed.recipient.attempt_count + 1);
    }
    if (outcomes.empty()) {
      if (is_last_round) return;
      continue;
    }
    if (!blocking.RecordOutcomes(outcomes).ok()) _exit(6);
    Say(lines);
  }
}

int Run(const std::string& path, uint64_t seed, int emails, int64_t operations) {
  const auto disk = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(disk);
  if (operations >= 0) disk->FailAfter(operations, FaultyFileSystem::Fault::kKill);
  RocksDbStoreOptions options;
  options.path = path;
  options.env = env.get();
  // Small enough for flushes in the middle of the work.
  options.write_buffer_bytes = 256 << 10;
  absl::StatusOr<std::unique_ptr<Store>> store = OpenRocksDbStore(options);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 2;
  }
  std::atomic<bool> all_accepted = false;
  std::thread courier([&] { DeliverEmails(**store, seed, all_accepted); });
  std::vector<std::thread> callers;
  for (int thread = 0; thread < 3; ++thread) {
    callers.emplace_back([&, thread] { AcceptEmails(**store, seed, thread, emails / 3); });
  }
  for (std::thread& caller : callers) caller.join();
  all_accepted = true;
  courier.join();
  *store = nullptr;
  Say("done");
  return 0;
}

}  // namespace
}  // namespace mailstrom::storage

int main(int argc, char** argv) {
  uint64_t seed = 0;
  int emails = 0;
  int64_t operations = 0;
  if (argc != 5 || !absl::SimpleAtoi(argv[2], &seed) || !absl::SimpleAtoi(argv[3], &emails) ||
      !absl::SimpleAtoi(argv[4], &operations)) {
    std::fprintf(stderr, "usage: %s PATH SEED EMAILS OPERATIONS\n", argv[0]);
    return 1;
  }
  return mailstrom::storage::Run(argv[1], seed, emails, operations);
}
