// The feed under load: a server in a process of its own produces events and is killed at random;
// watchers in this one lose their streams at random and come back. One more follows everything,
// reads nothing until the others are done, and then loses its server on the way. In the end each
// must have seen what the log holds for it, each event once, in order. FEED_TEST_SEED repeats a
// run's choices.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"
#include "server/access_control.h"
#include "server/counting_store.h"
#include "server/cursor.h"
#include "server/dkim_keys.h"
#include "server/service.h"
#include "server/status_hub.h"
#include "server/watch_status.h"
#include "storage/blocking_store.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

namespace mailstrom::server {
namespace {

constexpr int kWatchers = 1000;
constexpr int64_t kEvents = 100'000;
// Small, so that whoever comes back has to read the log, and so does the slow reader.
constexpr size_t kWindowBytes = size_t{1} << 20;
constexpr size_t kCacheBytes = size_t{2} << 20;
// What a server may hold of events besides: three batches being read, what the one who follows
// everything has pending, and for each of the others ten events, a tenth of all that it gets. A
// fifth of what the slow reader has still to get.
constexpr int64_t kEventBytes = 640;
constexpr int64_t kMostBytesHeld =
    kWindowBytes + kCacheBytes + (3 * 512 + 1024 + 10 * kWatchers) * kEventBytes;
static_assert(5 * kMostBytesHeld < kEvents * kEventBytes);
constexpr char kTag[] = "watcher";
constexpr char kLastTag[] = "last";

// ---- The server's process.

// Emails with a tag each, some of whose recipients are deferred a few times, until the log is long
// enough; then one last email for each watcher.
void Produce(storage::Store& store) {
  storage::BlockingStore blocking(store);
  SystemRandomSource random;
  std::mt19937_64 choose(random.Next());
  const auto accept = [&](const std::string& id, int recipients, int watcher, bool is_last) {
    storage::AcceptRequest request;
    request.email = storage::TestEmail(id, recipients);
    request.email.record.tags[kTag] = absl::StrCat(watcher);
    if (is_last) {
      request.email.record.tags[kLastTag] = "1";
      // Once, however often the server is killed.
      request.key = storage::RequestKey{.caller = "",
                                        .request_id = absl::StrCat("last", watcher),
                                        .digest = "",
                                        .expire_time = storage::kTestStart + absl::Hours(1)};
    }
    request.content = "content";
    return request;
  };
  while (store.LastSequence() < kEvents) {
    for (int i = 0; i < 100; ++i) {
      store.Accept(accept(absl::StrCat(absl::Hex(choose(), absl::kZeroPad16)), 1 + choose() % 4,
                          choose() % kWatchers, false),
                   [](const absl::StatusOr<storage::Accepted>&) {});
    }
    const storage::DueWork work = blocking.ClaimDue(storage::kTestStart, 1000).value();
    std::vector<storage::Outcome> outcomes;
    for (const storage::ClaimedRecipient& claimed : storage::AllOf(work)) {
      outcomes.push_back(choose() % 2 == 0 ? storage::Deferred(claimed, storage::kTestStart)
                                           : storage::Delivered(claimed));
    }
    if (!outcomes.empty() && !blocking.RecordOutcomes(std::move(outcomes)).ok()) std::abort();
  }
  for (int watcher = 0; watcher < kWatchers; ++watcher) {
    const auto accepted = blocking.Accept(accept(absl::StrCat("last", watcher), 1, watcher, true));
    if (!accepted.ok()) std::abort();
  }
}

int RunServer(const std::string& directory) {
  // It ends with the test, however that ends.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  storage::RocksDbStoreOptions options;
  options.path = directory + "/db";
  CountingStore store(storage::OpenRocksDbStore(options).value());
  StatusHub hub(store, kWindowBytes);
  WatchStreams watches(store, hub, {.cache = {.max_bytes = kCacheBytes}});
  SystemClock clock;
  SystemRandomSource random;
  DkimKeys keys{config::v1::DkimConfig()};
  AccessControl access({}, clock);
  Service service(store, watches, clock, random, keys, access,
                  {.limits = {}, .host_name = "mail.test"});
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + directory + "/socket", grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 2;
  // The first event finds all watchers there; after a kill they come back to a log that grows on.
  while (store.LastSequence() == 0 && watches.size() < kWatchers + 1) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  Produce(store);
  while (store.most_bytes_held() <= kMostBytesHeld) absl::SleepFor(absl::Milliseconds(100));
  std::cerr << "the server held " << store.most_bytes_held() << " bytes of events\n";
  return 3;
}

// ---- The watchers' process.

class ServerProcess {
 public:
  explicit ServerProcess(std::string directory) : directory_(std::move(directory)) {}
  ~ServerProcess() { Kill(); }

  void Start() {
    pid_ = fork();
    if (pid_ == 0) {
      setenv("FEED_TEST_SERVER", directory_.c_str(), 1);
      execl("/proc/self/exe", "feed_test", nullptr);
      _exit(127);
    }
  }

  // As kill -9 does. It must not have ended by itself.
  void Kill() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
  }

 private:
  const std::string directory_;
  pid_t pid_ = 0;
};

// Watchers whose stream has ended, and how far in the log any of them has come.
class Board {
 public:
  void Saw(int64_t revision) {
    int64_t newest = newest_.load();
    while (revision > newest && !newest_.compare_exchange_weak(newest, revision)) {
    }
  }
  int64_t newest() const { return newest_.load(); }

  void Ended(int watcher) {
    absl::MutexLock lock(&mutex_);
    ended_.push_back(watcher);
  }
  // One that ended, or -1 after a while without any.
  int NextEnded() {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(
                                +[](std::deque<int>* ended) { return !ended->empty(); }, &ended_),
                            absl::Milliseconds(20));
    if (ended_.empty()) return -1;
    const int watcher = ended_.front();
    ended_.pop_front();
    return watcher;
  }

 private:
  absl::Mutex mutex_;
  std::deque<int> ended_;
  std::atomic<int64_t> newest_ = 0;
};

// Follows one tag, or everything, through as many streams as it takes.
class Watcher final : public grpc::ClientReadReactor<v1::WatchStatusResponse> {
 public:
  struct Options {
    int number = 0;
    // Follows everything.
    bool all = false;
    // One stream lasts for so many responses on average; 0: until the server dies.
    int mean_responses = 0;
    uint64_t seed = 0;
  };

  Watcher(Options options, std::string cursor, Board& board)
      : options_(options), cursor_(std::move(cursor)), board_(board), random_(options.seed) {
    wanted_last_ = options.all ? kWatchers : 1;
  }

  // Opens a stream from where the last one ended. Not while one is open.
  void Open(v1::MailstromService::Stub& stub) {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_wait_for_ready(true);
    request_.Clear();
    if (!options_.all) (*request_.mutable_tags())[kTag] = absl::StrCat(options_.number);
    request_.set_cursor(cursor_);
    responses_left_ = options_.mean_responses == 0
                          ? -1
                          : static_cast<int>(random_() % (2 * options_.mean_responses));
    ++streams_;
    stub.async()->WatchStatus(context_.get(), &request_, this);
    AddHold();
    StartCall();
    ReadOn();
  }

  // Reads nothing more until Resume, from the next response on.
  void Stall() { stalled_.store(true); }
  void Resume() {
    stalled_.store(false);
    if (read_owed_.exchange(false)) StartRead(&response_);
  }

  bool complete() const { return wanted_last_ == 0; }
  const std::vector<int64_t>& revisions() const { return revisions_; }
  int streams() const { return streams_; }
  const grpc::Status& end() const { return end_; }

  void OnReadDone(bool ok) override {
    if (!ok) return RemoveHold();
    cursor_ = response_.cursor();
    if (response_.has_event()) {
      revisions_.push_back(response_.event().revision());
      board_.Saw(response_.event().revision());
      if (response_.event().tags().contains(kLastTag)) --wanted_last_;
    }
    if (complete() || responses_left_-- == 0) context_->TryCancel();
    ReadOn();
  }

  void OnDone(const grpc::Status& status) override {
    end_ = status;
    board_.Ended(options_.number);
  }

 private:
  void ReadOn() {
    if (!stalled_.load()) return StartRead(&response_);
    read_owed_.store(true);
    if (!stalled_.load() && read_owed_.exchange(false)) StartRead(&response_);
  }

  const Options options_;
  std::string cursor_;
  Board& board_;
  std::mt19937_64 random_;
  int wanted_last_;
  int responses_left_ = -1;
  int streams_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::WatchStatusRequest request_;
  v1::WatchStatusResponse response_;
  std::vector<int64_t> revisions_;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> read_owed_ = false;
  grpc::Status end_;
};

uint64_t Seed() {
  uint64_t seed;
  const char* text = std::getenv("FEED_TEST_SEED");
  return text != nullptr && absl::SimpleAtoi(text, &seed) ? seed : SystemRandomSource().Next();
}

// What the log holds for each watcher, and for those who want everything.
std::vector<std::vector<int64_t>> ReadTruth(const std::string& path) {
  storage::RocksDbStoreOptions options;
  options.path = path;
  const std::unique_ptr<storage::Store> store = storage::OpenRocksDbStore(options).value();
  std::vector<std::vector<int64_t>> truth(kWatchers + 1);
  int64_t after = 0;
  while (after < store->LastSequence()) {
    const auto batch = storage::BlockingStore(*store).ReadEvents(after, 1000).value();
    for (const auto& event : batch.events) {
      int watcher = 0;
      EXPECT_TRUE(absl::SimpleAtoi(event->tags.at(kTag), &watcher));
      truth[watcher].push_back(event->sequence);
      truth[kWatchers].push_back(event->sequence);
    }
    after = batch.last_sequence;
  }
  return truth;
}

TEST(FeedTest, EachWatcherSeesEachOfItsEventsOnce) {
  const uint64_t seed = Seed();
  std::cout << "FEED_TEST_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);
  char pattern[] = "/tmp/feedXXXXXX";
  const std::string directory = mkdtemp(pattern);
  std::string start;
  {
    storage::RocksDbStoreOptions options;
    options.path = directory + "/db";
    start = FormatCursor({storage::OpenRocksDbStore(options).value()->LogId(), 0, 0});
  }
  ServerProcess server(directory);
  server.Start();

  // Few connections for many streams, as behind a gateway; the slow one has one of its own.
  std::vector<std::unique_ptr<v1::MailstromService::Stub>> stubs;
  for (int i = 0; i < 4; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
    stubs.push_back(v1::MailstromService::NewStub(grpc::CreateCustomChannel(
        "unix:" + directory + "/socket", grpc::InsecureChannelCredentials(), arguments)));
  }
  Board board;
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < kWatchers; ++i) {
    watchers.push_back(std::make_unique<Watcher>(
        Watcher::Options{.number = i, .mean_responses = 30, .seed = random()}, start, board));
  }
  Board slow_board;
  watchers.push_back(std::make_unique<Watcher>(
      Watcher::Options{.number = kWatchers, .all = true, .seed = random()}, start, slow_board));
  Watcher& slow = *watchers[kWatchers];
  slow.Stall();
  const auto open = [&](int i) { watchers[i]->Open(*stubs[i < kWatchers ? i % 3 : 3]); };
  for (size_t i = 0; i < watchers.size(); ++i) open(static_cast<int>(i));

  // Until `left` watchers are complete, opens the streams that end and kills the server when the
  // log has been seen up to each of `kills`.
  const auto follow = [&](Board& board, int left, std::vector<int64_t> kills) {
    std::sort(kills.begin(), kills.end());
    auto kill = kills.begin();
    while (left > 0) {
      if (kill != kills.end() && board.newest() >= *kill) {
        ++kill;
        server.Kill();
        server.Start();
      }
      const int ended = board.NextEnded();
      if (ended < 0) continue;
      const grpc::StatusCode code = watchers[ended]->end().error_code();
      const bool is_interrupted =
          code == grpc::StatusCode::CANCELLED || code == grpc::StatusCode::UNAVAILABLE;
      EXPECT_TRUE(is_interrupted) << watchers[ended]->end().error_message();
      if (watchers[ended]->complete() || !is_interrupted) {
        --left;
      } else {
        open(ended);
      }
    }
    EXPECT_EQ(kill, kills.end());
  };
  const auto somewhere = [&] { return static_cast<int64_t>(1 + random() % kEvents); };
  follow(board, kWatchers, {somewhere(), somewhere(), somewhere(), somewhere()});
  slow.Resume();
  follow(slow_board, 1, {somewhere()});
  server.Kill();

  const std::vector<std::vector<int64_t>> truth = ReadTruth(directory + "/db");
  int64_t seen = 0;
  int streams = 0;
  for (size_t i = 0; i < watchers.size(); ++i) {
    EXPECT_EQ(watchers[i]->revisions(), truth[std::min<size_t>(i, kWatchers)]) << "watcher " << i;
    seen += static_cast<int64_t>(watchers[i]->revisions().size());
    streams += watchers[i]->streams();
  }
  EXPECT_GE(static_cast<int64_t>(truth[kWatchers].size()), kEvents);
  std::cout << truth[kWatchers].size() << " events, " << watchers.size() << " watchers, " << streams
            << " streams, " << seen << " events delivered" << std::endl;
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace mailstrom::server

int main(int argc, char** argv) {
  const char* directory = std::getenv("FEED_TEST_SERVER");
  if (directory != nullptr) return mailstrom::server::RunServer(directory);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
