// How fast emails are accepted, durable, by 1, 10 and 100 callers at once, each of whom waits for
// his answer; beside what the same disk does when one thread appends as many bytes and syncs each
// time.
//
// Run it where the queue would lie: bazel run -c opt //storage:store_benchmark -- --folder=PATH

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "benchmark/benchmark.h"
#include "rocksdb/env.h"
#include "storage/blocking_store.h"
#include "storage/email_id.h"
#include "storage/faulty_file_system.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

constexpr int kContentBytes = 4096;

std::string& Folder() {
  static std::string& folder = *new std::string("/tmp");
  return folder;
}

// Not compressible, as an encrypted or packed attachment.
std::string RandomContent() {
  SystemRandomSource random;
  std::string content;
  for (int i = 0; i < kContentBytes; ++i) content.push_back(static_cast<char>(random.Next()));
  return content;
}

// A store of its own in a new folder, which counts its syncs.
class BenchmarkStore {
 public:
  BenchmarkStore() : path_(absl::StrCat(Folder(), "/store_benchmark")) {
    std::filesystem::remove_all(path_);
    store_ = OpenRocksDbStore({.path = path_, .env = env_.get()}).value();
  }
  ~BenchmarkStore() {
    store_ = nullptr;
    std::filesystem::remove_all(path_);
  }

  Store& store() { return *store_; }
  int64_t syncs() const { return disk_->syncs(); }

 private:
  const std::string path_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::unique_ptr<Store> store_;
};

// Each iteration: every caller has had some emails accepted.
void BM_Accept(benchmark::State& state) {
  const int callers = static_cast<int>(state.range(0));
  constexpr int kEach = 20;
  BenchmarkStore under_test;
  SystemRandomSource random;
  const std::string content = RandomContent();
  const int64_t syncs_before = under_test.syncs();
  int64_t emails = 0;
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kEach; ++j) {
          const std::string id = NewEmailId(absl::Now(), random);
          if (!BlockingStore(under_test.store()).Accept(TestEmail(id), content).ok()) std::abort();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    emails += callers * kEach;
  }
  state.counters["emails/s"] =
      benchmark::Counter(static_cast<double>(emails), benchmark::Counter::kIsRate);
  state.counters["syncs/email"] =
      static_cast<double>(under_test.syncs() - syncs_before) / static_cast<double>(emails);
}
BENCHMARK(BM_Accept)->Arg(1)->Arg(10)->Arg(100)->UseRealTime()->Unit(benchmark::kMillisecond);

// The life of emails with one recipient: accepted, claimed, read, delivered.
void BM_AcceptAndDeliver(benchmark::State& state) {
  const int callers = static_cast<int>(state.range(0));
  constexpr int kEach = 20;
  BenchmarkStore under_test;
  SystemRandomSource random;
  const std::string content = RandomContent();
  int64_t emails = 0;
  for (auto _ : state) {
    const int total = callers * kEach;
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kEach; ++j) {
          const std::string id = NewEmailId(absl::Now(), random);
          if (!BlockingStore(under_test.store()).Accept(TestEmail(id), content).ok()) std::abort();
        }
      });
    }
    BlockingStore courier(under_test.store());
    for (int delivered = 0; delivered < total;) {
      const DueWork work = courier.ClaimDue(kTestStart, 100).value();
      std::vector<Outcome> outcomes;
      for (const ClaimedRecipient& claimed : AllOf(work)) {
        if (courier.ReadContent(claimed.claim.email_id)->size() != content.size()) std::abort();
        outcomes.push_back(Delivered(claimed));
      }
      delivered += static_cast<int>(outcomes.size());
      if (!courier.RecordOutcomes(std::move(outcomes)).ok()) std::abort();
    }
    for (std::thread& thread : threads) thread.join();
    emails += total;
  }
  state.counters["emails/s"] =
      benchmark::Counter(static_cast<double>(emails), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_AcceptAndDeliver)->Arg(10)->Arg(100)->UseRealTime()->Unit(benchmark::kMillisecond);

// What the disk can do: append to one file and sync its data.
void BM_AppendAndSync(benchmark::State& state) {
  const std::string path = absl::StrCat(Folder(), "/store_benchmark_file");
  const std::string bytes = RandomContent();
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (auto _ : state) {
    if (write(file, bytes.data(), bytes.size()) != kContentBytes || fdatasync(file) != 0) {
      std::abort();
    }
  }
  close(file);
  unlink(path.c_str());
  state.counters["syncs/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_AppendAndSync)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace mailstrom::storage

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, "--folder=")) {
      mailstrom::storage::Folder() = std::string(argument);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
