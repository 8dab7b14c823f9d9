// What a long queue costs, beside a short one (1000 emails) in the same process, their calls
// alternating, so that both meet the same machine: the time from kill -9 to the first due email and
// the first accepted one, the memory of the idle store, the status of random emails, lists, a
// summary of the queue, and accepting more; and the disk that an email takes.
//
// Run it where the queue would lie:
//   bazel run -c opt //storage:queue_depth_benchmark -- FOLDER [EMAILS]

#include <sys/resource.h>
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
constexpr int64_t kShort = 1000;
constexpr int kReads = 20000;
constexpr int kCallers = 100;
constexpr int kAcceptsEach = 20;
constexpr int kAcceptRounds = 5;
constexpr int kEmailsPerTag = 10000;

// Ids by number, so that any of them can be read later. They arrive in order, as real ones do.
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

Email QueuedEmail(int64_t number) {
  Email email = TestEmail(IdOf(number), 1, kTestStart + absl::Seconds(number));
  email.record.accept_time = kTestStart + absl::Milliseconds(number);
  email.record.tags = {{"campaign", absl::StrCat(number / kEmailsPerTag)}};
  email.recipients[0].address = absl::StrCat("user", number, "@example.com");
  return email;
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

// What of a hundred `percent` stay under.
double Percentile(std::vector<double>& figures, int percent) {
  std::sort(figures.begin(), figures.end());
  return figures[figures.size() * percent / 100];
}

// Returns how long each answer took, in milliseconds.
std::vector<double> Fill(Store& store, int64_t emails) {
  constexpr int kInFlight = 200;
  SystemRandomSource random;
  std::vector<double> waits(emails);
  for (int64_t done = 0; done < emails; done += kInFlight) {
    const int count = static_cast<int>(std::min<int64_t>(kInFlight, emails - done));
    absl::BlockingCounter answers(count);
    for (int i = 0; i < count; ++i) {
      const absl::Time start = absl::Now();
      store.Accept(
          {.email = QueuedEmail(done + i), .content = RandomContent(random)},
          [&answers, &wait = waits[done + i], start](const absl::StatusOr<Accepted>& accepted) {
            if (!accepted.ok()) std::abort();
            wait = absl::ToDoubleMilliseconds(absl::Now() - start);
            answers.DecrementCount();
          });
    }
    answers.Wait();
  }
  return waits;
}

// Waits until nothing works in the background any more. The benchmark's own threads are idle then.
void AwaitRest() {
  const auto used_seconds = [] {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           1e-6 * (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  double before = 0;
  do {
    before = used_seconds();
    absl::SleepFor(absl::Seconds(2));
  } while (used_seconds() - before > 0.05);
}

// A store of the comparison, with emails numbered from 0.
struct Side {
  Store& store;
  int64_t emails;
  std::vector<double> figures = {};
};

void Compare(const char* name, double few, double many, const char* unit) {
  std::printf("%-44s %10.1f %10.1f %-9s %6.2f\n", name, few, many, unit, many / few);
}

double ReadOne(Side& side, RandomSource& random) {
  const std::string id = IdOf(static_cast<int64_t>(random.Next() % side.emails));
  const absl::Time start = absl::Now();
  if (!BlockingStore(side.store).ReadEmail(id).ok()) std::abort();
  return absl::ToDoubleMicroseconds(absl::Now() - start);
}

void CompareReads(Side few, Side many, const char* when) {
  SystemRandomSource random;
  for (int i = 0; i < kReads; ++i) {
    few.figures.push_back(ReadOne(few, random));
    many.figures.push_back(ReadOne(many, random));
  }
  for (const int percent : {50, 99}) {
    Compare(absl::StrCat("status, ", when, ", p", percent).c_str(),
            Percentile(few.figures, percent), Percentile(many.figures, percent), "us");
  }
}

void CompareLists(Side few, Side many) {
  const auto list = [](Side& side) {
    const absl::Time start = absl::Now();
    const auto page =
        BlockingStore(side.store).ListEmails({.page_size = 50, .tags = {{"campaign", "0"}}});
    if (page->emails.size() != 50) std::abort();
    side.figures.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
  };
  for (int i = 0; i < kReads / 100; ++i) {
    list(few);
    list(many);
  }
  Compare("list of 50 by a tag, p50", Percentile(few.figures, 50), Percentile(many.figures, 50),
          "us");
}

// The operator's view, which looks at all of the queue.
void CompareSummaries(Side few, Side many) {
  const auto count = [](Side& side) {
    const absl::Time start = absl::Now();
    const auto summary = BlockingStore(side.store).SummarizeQueue(50);
    if (summary->domains.at(0).recipients < side.emails) std::abort();
    side.figures.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
  };
  const int64_t before = ResidentBytes();
  for (int i = 0; i < 3; ++i) {
    count(few);
    count(many);
  }
  Compare("summary of the queue, median of 3", Percentile(few.figures, 50),
          Percentile(many.figures, 50), "ms");
  std::printf("resident memory: %.0f MB more after it\n", (ResidentBytes() - before) / 1e6);
}

double AcceptsPerSecond(Store& store) {
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
  return kCallers * kAcceptsEach / absl::ToDoubleSeconds(absl::Now() - start);
}

void CompareAccepts(Side few, Side many) {
  for (int i = 0; i < kAcceptRounds; ++i) {
    few.figures.push_back(AcceptsPerSecond(few.store));
    many.figures.push_back(AcceptsPerSecond(many.store));
  }
  Compare("accept, 100 callers, median of 5 rounds", Percentile(few.figures, 50),
          Percentile(many.figures, 50), "emails/s");
}

// Fills a new store and ends as by kill -9: what is only in memory is replayed from the log.
void FillAndDie(const std::string& path, int64_t emails) {
  InChild([&] {
    const auto store = OpenRocksDbStore({.path = path}).value();
    const absl::Time start = absl::Now();
    std::vector<double> waits = Fill(*store, emails);
    std::printf("filled with %d, 200 in flight: %.0f emails/s, p50 %.1f ms, p99 %.1f ms\n",
                static_cast<int>(emails),
                static_cast<double>(emails) / absl::ToDoubleSeconds(absl::Now() - start),
                Percentile(waits, 50), Percentile(waits, 99));
    std::fflush(stdout);
    _exit(0);
  });
}

void Measure(const std::string& few_path, const std::string& many_path, int64_t emails) {
  const absl::Time start = absl::Now();
  const auto many_store = OpenRocksDbStore({.path = many_path}).value();
  const absl::Time opened = absl::Now();
  BlockingStore blocking(*many_store);
  if (blocking.ClaimDue(kTestStart, 1)->emails.size() != 1) std::abort();
  SystemRandomSource random;
  if (!blocking.Accept(TestEmail(NewEmailId(absl::Now(), random)), "x").ok()) std::abort();
  std::printf("kill -9 until it has claimed and accepted: %.2f s (open %.2f s)\n",
              absl::ToDoubleSeconds(absl::Now() - start), absl::ToDoubleSeconds(opened - start));
  std::printf("resident memory, idle: %.0f MB\n", ResidentBytes() / 1e6);
  const auto few_store = OpenRocksDbStore({.path = few_path}).value();
  const Side few{*few_store, kShort};
  const Side many{*many_store, emails};
  std::printf("%-44s %10d %10d\n", "", static_cast<int>(kShort), static_cast<int>(emails));
  CompareReads(few, many, "just after the restart");
  AwaitRest();
  CompareReads(few, many, "at rest");
  CompareLists(few, many);
  CompareSummaries(few, many);
  CompareAccepts(few, many);
  CompareReads(few, many, "just after accepting");
  AwaitRest();
  std::printf("resident memory, at rest after that: %.0f MB\n", ResidentBytes() / 1e6);
  std::printf("disk for one email of 4096 bytes: %.0f bytes\n",
              static_cast<double>(FolderBytes(many_path)) /
                  static_cast<double>(many_store->Totals().emails));
}

void Run(const std::string& folder, int64_t emails) {
  const std::string few = absl::StrCat(folder, "/queue_depth_few");
  const std::string many = absl::StrCat(folder, "/queue_depth_many");
  std::filesystem::remove_all(few);
  std::filesystem::remove_all(many);
  FillAndDie(few, kShort);
  FillAndDie(many, emails);
  InChild([&] { Measure(few, many, emails); });
  std::filesystem::remove_all(few);
  std::filesystem::remove_all(many);
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
