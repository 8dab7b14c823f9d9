// What QueryStatus costs with a long queue, beside a short one (1000 emails): two servers on
// loopback in one process, called one after the other for random emails, so that both meet the same
// machine; and beside what the stores themselves take for the same. After a restart, so with cold
// caches of their own, and once more when RocksDB has nothing to do any more.
//
// Run it where the queue would lie:
//   bazel run -c opt //server:query_status_benchmark -- FOLDER [EMAILS]

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "grpcpp/grpcpp.h"
#include "server/dkim_keys.h"
#include "server/service.h"
#include "server/status_hub.h"
#include "storage/blocking_store.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

namespace mailstrom::server {
namespace {

constexpr int64_t kShort = 1000;
constexpr int kCalls = 20000;
constexpr size_t kContentBytes = 4096;

std::string IdOf(int64_t number) { return absl::StrFormat("q%012d", number); }

void Fill(const std::string& path, int64_t emails) {
  constexpr int kInFlight = 2000;
  std::filesystem::remove_all(path);
  const auto store = storage::OpenRocksDbStore({.path = path}).value();
  SystemRandomSource random;
  for (int64_t done = 0; done < emails; done += kInFlight) {
    const int count = static_cast<int>(std::min<int64_t>(kInFlight, emails - done));
    absl::BlockingCounter answers(count);
    for (int i = 0; i < count; ++i) {
      std::string content;
      while (content.size() < kContentBytes) absl::StrAppend(&content, random.Next(), "\n");
      store->Accept({.email = storage::TestEmail(IdOf(done + i)), .content = std::move(content)},
                    [&](const absl::StatusOr<storage::Accepted>& accepted) {
                      if (!accepted.ok()) std::abort();
                      answers.DecrementCount();
                    });
    }
    answers.Wait();
  }
}

// A server, and one who calls it.
class Side {
 public:
  Side(const std::string& path, int64_t emails)
      : emails_(emails), store_(storage::OpenRocksDbStore({.path = path}).value()) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::MailstromService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  ~Side() {
    watches_.Drain();
    server_->Shutdown();
  }

  void Call() {
    grpc::ClientContext context;
    v1::QueryStatusRequest request;
    request.set_email_id(RandomId());
    v1::QueryStatusResponse response;
    const absl::Time start = absl::Now();
    if (!stub_->QueryStatus(&context, request, &response).ok()) std::abort();
    calls_.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
  }

  void Read() {
    const std::string id = RandomId();
    const absl::Time start = absl::Now();
    if (!storage::BlockingStore(*store_).ReadEmail(id).ok()) std::abort();
    reads_.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
  }

  // Microseconds that `percent` of a hundred stay under, since the last Clear.
  double CallPercentile(int percent) { return Percentile(calls_, percent); }
  double ReadPercentile(int percent) { return Percentile(reads_, percent); }
  void Clear() {
    calls_.clear();
    reads_.clear();
  }

 private:
  std::string RandomId() { return IdOf(static_cast<int64_t>(random_.Next() % emails_)); }

  static double Percentile(std::vector<double>& figures, int percent) {
    std::sort(figures.begin(), figures.end());
    return figures[figures.size() * percent / 100];
  }

  const int64_t emails_;
  SystemClock clock_;
  SystemRandomSource random_;
  const std::unique_ptr<storage::Store> store_;
  StatusHub hub_{*store_, 1024};
  WatchStreams watches_{*store_, hub_, {}};
  DkimKeys keys_{config::v1::DkimConfig()};
  AccessControl access_{{}, clock_};
  Service service_{*store_,
                   watches_,
                   clock_,
                   random_,
                   keys_,
                   access_,
                   {.limits = {}, .host_name = "mail.sender.test"}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MailstromService::Stub> stub_;
  std::vector<double> calls_;
  std::vector<double> reads_;
};

void AwaitRest() {
  const auto used_seconds = [] {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  double before = 0;
  do {
    before = used_seconds();
    absl::SleepFor(absl::Seconds(2));
  } while (used_seconds() - before > 0.05);
}

void Print(const char* what, const char* when, int percent, double few, double many) {
  std::printf("%-12s %-22s p%d %10.1f %10.1f us %6.2f\n", what, when, percent, few, many,
              many / few);
}

void Compare(Side& few, Side& many, const char* when) {
  for (Side* side : {&few, &many}) side->Clear();
  for (int i = 0; i < kCalls; ++i) {
    for (Side* side : {&few, &many}) {
      side->Call();
      side->Read();
    }
  }
  for (const int percent : {50, 99}) {
    Print("QueryStatus", when, percent, few.CallPercentile(percent), many.CallPercentile(percent));
    Print("of the store", when, percent, few.ReadPercentile(percent), many.ReadPercentile(percent));
  }
  std::fflush(stdout);
}

void Run(const std::string& folder, int64_t emails) {
  const std::string few_path = absl::StrCat(folder, "/query_status_few");
  const std::string many_path = absl::StrCat(folder, "/query_status_many");
  Fill(few_path, kShort);
  Fill(many_path, emails);
  {
    Side few(few_path, kShort);
    Side many(many_path, emails);
    std::printf("%-40s %10d %10d\n", "queued", static_cast<int>(kShort), static_cast<int>(emails));
    Compare(few, many, "just after the restart");
    AwaitRest();
    Compare(few, many, "at rest");
  }
  std::filesystem::remove_all(few_path);
  std::filesystem::remove_all(many_path);
}

}  // namespace
}  // namespace mailstrom::server

int main(int argc, char** argv) {
  int64_t emails = 1'000'000;
  if (argc < 2 || argc > 3 || (argc == 3 && !absl::SimpleAtoi(argv[2], &emails)) || emails < 1) {
    std::fprintf(stderr, "usage: %s FOLDER [EMAILS]\n", argv[0]);
    return 2;
  }
  mailstrom::server::Run(argv[1], emails);
  return 0;
}
