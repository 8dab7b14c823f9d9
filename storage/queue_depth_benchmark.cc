// What a long queue costs: the time to open the store and have the first due email, the memory of
// the idle store, reading the status of emails, and accepting more, beside the same on an empty
// store in the same run; and the disk that an email takes.
//
// Run it where the queue would lie:
//   bazel run -c opt //storage:queue_depth_benchmark -- FOLDER [EMAILS]

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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
constexpr int kReads = 20000;
constexpr int kCallers = 100;
constexpr int kAcceptsEach = 100;

// Ids by number, so that any of them can be read later.
std::string IdOf(int64_t number) { return absl::StrFormat("q%012d", number); }

// Not compressible, and different for each email.
std::string RandomContent(RandomSource& random) {
  std::string content(kContentBytes, '\0');
  for (size_t i = 0; i + 8 <= content.size(); i += 8) {
    const uint64_t bits = random.Next();
    std::copy_n(reinterpret_cast<const char*>(&bits), 8, content.begin() + i);
  }
  return content;
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t pages = 0;
  int64_t resident = 0;
  statm >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

int64_t FolderBytes(const std::string& path) {
  int64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    bytes += static_cast<int64_t>(entry.file_size());
  }
  return bytes;
}

// In a process of its own, so that memory is measured from the start.
void InChild(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    work();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) std::abort();
}

void Fill(Store& store, int64_t emails) {
  constexpr int kInFlight = 2000;
  SystemRandomSource random;
  for (int64_t done = 0; done < emails; done += kInFlight) {
    const int count = static_cast<int>(std::min<int64_t>(kInFlight, emails - done));
    absl::BlockingCounter answers(count);
    for (int i = 0; i < count; ++i) {
      const absl::Time due = kTestStart + absl::Seconds(done + i);
      store.Accept({.email = TestEmail(IdOf(done + i), 1, due), .content = RandomContent(random)},
                   [&](const absl::StatusOr<Accepted>& accepted) {
                     if (!accepted.ok()) std::abort();
                     answers.DecrementCount();
                   });
    }
    answers.Wait();
  }
}

// Microseconds: the median, and what 99 of 100 stay under.
void MeasureReads(Store& store, int64_t emails, const char* name) {
  SystemRandomSource random;
  std::vector<double> micros;
  for (int i = 0; i < kReads; ++i) {
    const std::string id = IdOf(static_cast<int64_t>(random.Next() % emails));
    const absl::Time start = absl::Now();
    if (!BlockingStore(store).ReadEmail(id).ok()) std::abort();
    micros.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
  }
  std::sort(micros.begin(), micros.end());
  std::printf("%-34s p50 %7.0f us   p99 %7.0f us\n", name, micros[kReads / 2],
              micros[kReads * 99 / 100]);
}

void MeasureAccepts(Store& store, const char* name) {
  std::vector<std::thread> callers;
  const absl::Time start = absl::Now();
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&store] {
      SystemRandomSource random;
      for (int j = 0; j < kAcceptsEach; ++j) {
        const std::string id = NewEmailId(absl::Now(), random);
        if (!BlockingStore(store).Accept(TestEmail(id), RandomContent(random)).ok()) std::abort();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  std::printf("%-34s %8.0f emails/s\n", name,
              kCallers * kAcceptsEach / absl::ToDoubleSeconds(absl::Now() - start));
}

void Run(const std::string& folder, int64_t emails) {
  const std::string empty = absl::StrCat(folder, "/queue_depth_empty");
  const std::string full = absl::StrCat(folder, "/queue_depth_full");
  std::filesystem::remove_all(empty);
  std::filesystem::remove_all(full);
  InChild([&] {
    const auto store = OpenRocksDbStore({.path = empty}).value();
    Fill(*store, 1000);
    MeasureReads(*store, 1000, "read status, 1000 queued");
    MeasureAccepts(*store, "accept, 100 callers, 1000 queued");
  });
  InChild([&] {
    const auto store = OpenRocksDbStore({.path = full}).value();
    const absl::Time start = absl::Now();
    Fill(*store, emails);
    std::printf("%-34s %8.0f emails/s\n", "fill, 2000 in flight",
                static_cast<double>(emails) / absl::ToDoubleSeconds(absl::Now() - start));
    std::fflush(stdout);
    // As by kill -9: what is only in memory is replayed from the log.
    _exit(0);
  });
  std::printf("%-34s %8.0f bytes\n", "disk for one email of 4096 bytes",
              static_cast<double>(FolderBytes(full)) / static_cast<double>(emails));
  InChild([&] {
    const absl::Time start = absl::Now();
    const auto store = OpenRocksDbStore({.path = full}).value();
    const absl::Time opened = absl::Now();
    const DueWork work = BlockingStore(*store).ClaimDue(kTestStart, 1).value();
    if (work.emails.size() != 1) std::abort();
    std::printf("%-34s %8.2f s (open %.2f s)\n", "kill -9 to the first due email",
                absl::ToDoubleSeconds(absl::Now() - start), absl::ToDoubleSeconds(opened - start));
    std::printf("%-34s %8.0f MB\n", "resident memory, idle", ResidentBytes() / 1e6);
    MeasureReads(*store, emails, "read status, long queue");
    MeasureAccepts(*store, "accept, 100 callers, long queue");
    std::printf("%-34s %8.0f MB\n", "resident memory, after that", ResidentBytes() / 1e6);
  });
  std::filesystem::remove_all(empty);
  std::filesystem::remove_all(full);
}

}  // namespace
}  // namespace mailstrom::storage

int main(int argc, char** argv) {
  int64_t emails = 1'000'000;
  if (argc < 2 || argc > 3 || (argc == 3 && !absl::SimpleAtoi(argv[2], &emails)) || emails < 1) {
    std::fprintf(stderr, "usage: %s FOLDER [EMAILS]\n", argv[0]);
    return 2;
  }
  mailstrom::storage::Run(argv[1], emails);
  return 0;
}
