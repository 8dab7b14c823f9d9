// What a long queue costs: fills a store with emails of 4 KiB, opens it again, and says how long it
// takes until it serves, how much memory it needs, how fast single emails are read beside an empty
// store, and how much disk each email takes.
//
// Run it where the queue would lie:
//   bazel run -c opt //storage:large_queue_benchmark -- --folder=PATH [--emails=1000000]

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "storage/blocking_store.h"
#include "storage/email_id.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

constexpr int kContentBytes = 4096;
// Emails on their way into the store at once.
constexpr int kInFlight = 200;
constexpr int kReads = 20000;

// Not compressible, as an encrypted or packed attachment.
std::string RandomContent(RandomSource& random) {
  std::string content;
  while (content.size() < kContentBytes) {
    const uint64_t bits = random.Next();
    content.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  return content;
}

// Resident memory of this process.
int64_t ResidentBytes() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

int64_t FolderBytes(const std::string& path) {
  int64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) bytes += static_cast<int64_t>(entry.file_size());
  }
  return bytes;
}

std::unique_ptr<Store> Open(const std::string& path) {
  return OpenRocksDbStore({.path = path}).value();
}

std::vector<std::string> Fill(const std::string& path, int emails) {
  SystemRandomSource random;
  const std::unique_ptr<Store> store = Open(path);
  std::vector<std::string> ids;
  for (int done = 0; done < emails; done += kInFlight) {
    absl::BlockingCounter answered(kInFlight);
    for (int i = 0; i < kInFlight; ++i) {
      ids.push_back(NewEmailId(absl::Now(), random));
      Email email = TestEmail(ids.back(), 1, absl::Now() + absl::Hours(1));
      email.record.accept_time = absl::Now();
      email.record.tags = {{"campaign", absl::StrCat(done / 10000)}};
      email.recipients[0].address = absl::StrCat("user", done + i, "@example.com");
      store->Accept({std::move(email), RandomContent(random)},
                    [&answered](const absl::StatusOr<Accepted>& accepted) {
                      if (!accepted.ok()) std::abort();
                      answered.DecrementCount();
                    });
    }
    answered.Wait();
  }
  return ids;
}

// Times of single reads: the middle one, and the last of a hundred.
struct ReadTimes {
  absl::Duration p50;
  absl::Duration p99;
};

ReadTimes MeasureReads(Store& store, const std::vector<std::string>& ids) {
  SystemRandomSource random;
  std::vector<absl::Duration> times;
  for (int i = 0; i < kReads; ++i) {
    const absl::Time start = absl::Now();
    if (!BlockingStore(store).ReadEmail(ids[random.Next() % ids.size()]).ok()) std::abort();
    times.push_back(absl::Now() - start);
  }
  std::sort(times.begin(), times.end());
  return {times[kReads / 2], times[kReads * 99 / 100]};
}

std::string ToText(const ReadTimes& times) {
  return absl::StrCat(absl::FormatDuration(times.p50), ", ", absl::FormatDuration(times.p99));
}

void Report(const char* what, const std::string& value) {
  std::cout << what << ": " << value << std::endl;
}

void Run(const std::string& folder, int emails) {
  const std::string small_path = absl::StrCat(folder, "/small_queue");
  const std::string path = absl::StrCat(folder, "/large_queue");
  std::filesystem::remove_all(small_path);
  std::filesystem::remove_all(path);
  const std::vector<std::string> few = Fill(small_path, kInFlight);
  {
    const std::unique_ptr<Store> store = Open(small_path);
    Report("read p50 and p99, nearly empty store", ToText(MeasureReads(*store, few)));
  }
  absl::Time start = absl::Now();
  const std::vector<std::string> ids = Fill(path, emails);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  Report("accepted per second", absl::StrCat(static_cast<int>(ids.size() / seconds)));
  Report("disk bytes per email", absl::StrCat(FolderBytes(path) / ids.size()));

  const int64_t before_bytes = ResidentBytes();
  start = absl::Now();
  const std::unique_ptr<Store> store = Open(path);
  BlockingStore blocking(*store);
  const DueWork work = blocking.ClaimDue(absl::Now() + absl::Hours(2), 100).value();
  if (AllOf(work).size() != 100) std::abort();
  SystemRandomSource random;
  if (!blocking.Accept(TestEmail(NewEmailId(absl::Now(), random)), "x").ok()) std::abort();
  Report("open until it has claimed and accepted", absl::FormatDuration(absl::Now() - start));
  Report("queued", absl::StrCat(store->Totals().emails));
  Report("read p50 and p99", ToText(MeasureReads(*store, ids)));
  Report("read p50 and p99 once more", ToText(MeasureReads(*store, ids)));
  start = absl::Now();
  if (blocking.ListEmails({.page_size = 50, .tags = {{"campaign", "7"}}})->emails.size() != 50) {
    std::abort();
  }
  Report("list of 50 by a tag", absl::FormatDuration(absl::Now() - start));
  Report("resident MB of the process, and of which this store",
         absl::StrCat(ResidentBytes() >> 20, ", ", (ResidentBytes() - before_bytes) >> 20));
}

}  // namespace
}  // namespace mailstrom::storage

int main(int argc, char** argv) {
  std::string folder = "/tmp";
  int emails = 1'000'000;
  for (int i = 1; i < argc; ++i) {
    absl::string_view arg = argv[i];
    if (absl::ConsumePrefix(&arg, "--folder=")) folder = std::string(arg);
    if (absl::ConsumePrefix(&arg, "--emails=") && !absl::SimpleAtoi(arg, &emails)) return 2;
  }
  mailstrom::storage::Run(folder, emails);
}
