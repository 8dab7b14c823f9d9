// How fast the engine delivers when the network costs nothing, and what a black-holed site costs
// the others: with a long queue, and while it arrives. Real time, one thread for delivery.
//
//   bazel run -c opt //delivery:engine_benchmark -- [FOLDER]
//
// FOLDER: where the embedded store is to lie; without it, the store is in memory.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "asio/executor_work_guard.hpp"
#include "asio/io_context.hpp"
#include "base/clock.h"
#include "base/log.h"
#include "base/random_source.h"
#include "delivery/asio_alarms.h"
#include "delivery/engine.h"
#include "delivery/fake_mail_host.h"
#include "delivery/sleep.h"
#include "storage/memory_store.h"
#include "storage/rocksdb_store.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/memory_stream.h"

namespace mailstrom::delivery {
namespace {

constexpr int kSites = 500;
constexpr char kHole[] = "203.0.113.1";
constexpr char kHoleDomain[] = "hole.test";
constexpr int kQueued = 50000;
// Who sends them has that many calls under way.
constexpr int kCallers = 100;

// Every address but one is a host in memory.
class MemoryConnector final : public Connector {
 public:
  MemoryConnector(Alarms& alarms, const Clock& clock) : alarms_(alarms), host_(clock) {}

  asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> Connect(
      Endpoint peer, absl::Duration timeout) override {
    if (peer.address == kHole) {
      co_await Sleep(alarms_, timeout);
      co_return absl::DeadlineExceededError("no answer");
    }
    co_return std::make_unique<MemoryStream>(alarms_, host_.Connect());
  }

 private:
  Alarms& alarms_;
  FakeMailHost host_;
};

// Where the store lies; empty: in memory. Each time it is a new one.
std::string folder;

std::unique_ptr<storage::Store> NewStore() {
  if (folder.empty()) return storage::NewMemoryStore();
  const std::string path = absl::StrCat(folder, "/isolation-", getpid());
  std::filesystem::remove_all(path);
  absl::StatusOr<std::unique_ptr<storage::EmbeddedStore>> store =
      storage::OpenRocksDbStore({.path = path});
  if (!store.ok()) {
    std::cerr << store.status() << std::endl;
    std::exit(1);
  }
  return *std::move(store);
}

// How long emails took.
struct Latencies {
  // From the call until the store had it.
  std::vector<absl::Duration> acceptance;
  // From there to the outcome.
  std::vector<absl::Duration> delivery;
};

class Bench {
 public:
  Bench() : thread_([this] { io_.run(); }) {
    // The stream goes to d*, other mail that is delivered to b*.
    for (const char* kind : {"d", "b"}) {
      for (int site = 0; site < kSites; ++site) {
        const std::string domain = absl::StrCat(kind, site, ".test");
        dns_.AddMx(domain, 10, absl::StrCat("mx.", domain));
        dns_.AddAddress(
            absl::StrCat("mx.", domain),
            absl::StrCat("20.", kind[0] == 'd' ? 0 : 1, ".", site / 250, ".", site % 250));
      }
    }
    dns_.AddMx(kHoleDomain, 10, "mx.hole.test");
    dns_.AddAddress("mx.hole.test", kHole);
    EngineOptions options;
    options.hello_name = "me.test";
    // Soon enough to meet the black hole's site suspended, too.
    options.timeouts.connect = absl::Seconds(1);
    engine_ = std::make_unique<Engine>(options, *store_, clock_, alarms_, dns_, connector_, random_,
                                       io_.get_executor());
  }

  ~Bench() {
    absl::Notification drained;
    engine_->Drain(absl::Seconds(1), [&] { drained.Notify(); });
    drained.WaitForNotification();
    work_.reset();
    io_.stop();
    thread_.join();
    store_.reset();
  }

  void Start() { engine_->Start(); }

  // Any thread.
  void Accept(const std::string& domain, std::function<void()> done = [] {}) {
    storage::Email email;
    const std::string id = absl::StrCat("e", ++ids_);
    const absl::Time start = clock_.Now();
    email.record.email_id = id;
    email.record.reverse_path = "sender@me.test";
    email.record.accept_time = start;
    email.record.expire_time = start + absl::Hours(1);
    email.recipients.resize(1);
    email.recipients[0].address = absl::StrCat("user@", domain);
    email.recipients[0].next_attempt_time = start;
    const bool is_measured = absl::StartsWith(domain, "d");
    store_->Accept({std::move(email), content_},
                   [=, this, done = std::move(done)](const absl::StatusOr<storage::Accepted>&) {
                     if (is_measured) {
                       absl::MutexLock lock(&mutex_);
                       accepted_[id] = {start, clock_.Now()};
                     }
                     done();
                   });
  }

  // As many callers do: each waits for its answer, and then begins the next one at once.
  void AcceptMany(int count, const std::function<std::string(int)>& domain_of) {
    int under_way = 0;
    absl::Mutex mutex;
    for (int i = 0; i <= count; ++i) {
      const int room = i < count ? kCallers : 1;
      const auto has_room = [&] { return under_way < room; };
      {
        absl::MutexLock lock(&mutex);
        mutex.Await(absl::Condition(&has_room));
        if (i == count) return;
        ++under_way;
      }
      Accept(domain_of(i), [&] {
        absl::MutexLock lock(&mutex);
        --under_way;
      });
    }
  }

  // Of all measured emails that were accepted in this time.
  Latencies Measured(absl::Time begin, absl::Time end) {
    Latencies latencies;
    const auto accepted = [this] {
      absl::MutexLock lock(&mutex_);
      return accepted_;
    }();
    for (int64_t read = 0; read < events();) {
      absl::Notification done;
      store_->ReadEvents(read, 100000, [&](absl::StatusOr<storage::EventBatch> batch) {
        read = batch->last_sequence;
        for (const auto& event : batch->events) {
          if (event->recipient.state != storage::RecipientState::kDelivered) continue;
          const auto found = accepted.find(event->email_id);
          if (found == accepted.end()) continue;
          const auto [start, acknowledged] = found->second;
          if (start < begin || start >= end) continue;
          latencies.acceptance.push_back(acknowledged - start);
          latencies.delivery.push_back(event->event_time - acknowledged);
        }
        done.Notify();
      });
      done.WaitForNotification();
    }
    return latencies;
  }

  int64_t events() const { return store_->LastSequence(); }
  const Clock& clock() const { return clock_; }

 private:
  SystemClock clock_;
  SystemRandomSource random_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  AsioAlarms alarms_{io_.get_executor()};
  FakeDnsClient dns_{alarms_};
  MemoryConnector connector_{alarms_, clock_};
  std::unique_ptr<storage::Store> store_ = NewStore();
  std::unique_ptr<Engine> engine_;
  const std::string content_ = "Subject: x\r\n\r\n" + std::string(4000, 'x') + "\r\n";
  std::atomic<int> ids_ = 0;

  absl::Mutex mutex_;
  // Begun, and acknowledged.
  absl::flat_hash_map<std::string, std::pair<absl::Time, absl::Time>> accepted_
      ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// A number of emails for all the sites of a kind, or for the black hole.
std::function<std::string(int)> SpreadOver(const char* kind) {
  return [kind](int i) { return absl::StrCat(kind, i % kSites, ".test"); };
}
std::string IntoTheHole(int) { return kHoleDomain; }

// A steady stream for many sites, until it is told to end.
class SteadyStream {
 public:
  explicit SteadyStream(Bench& bench) : bench_(bench), thread_([this] { Run(); }) {}
  void End() {
    ended_ = true;
    thread_.join();
  }

 private:
  void Run() {
    constexpr int kPerSecond = 500;
    const absl::Time start = bench_.clock().Now();
    for (int i = 0; !ended_; ++i) {
      absl::SleepFor(start + absl::Seconds(i * 1.0 / kPerSecond) - bench_.clock().Now());
      bench_.Accept(SpreadOver("d")(i));
    }
  }

  Bench& bench_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

// All at once, to sites without end.
void MeasureThroughput() {
  constexpr int kEmails = 100000;
  Bench bench;
  bench.AcceptMany(kEmails, SpreadOver("b"));
  while (bench.events() < kEmails) absl::SleepFor(absl::Milliseconds(10));
  const absl::Time start = bench.clock().Now();
  bench.Start();
  while (bench.events() < 2 * kEmails) absl::SleepFor(absl::Milliseconds(1));
  const double seconds = absl::ToDoubleSeconds(bench.clock().Now() - start);
  std::cout << "throughput: " << static_cast<int>(kEmails / seconds) << " emails/s" << std::endl;
}

struct Scenario {
  std::string name;
  // Emails for the black hole that are there before.
  int queued;
  // Where those go that arrive meanwhile; null: none do.
  std::function<std::string(int)> arriving;
};

// What the stream meets.
Latencies Measure(const Scenario& scenario) {
  Bench bench;
  bench.Start();
  bench.AcceptMany(scenario.queued, IntoTheHole);
  SteadyStream stream(bench);
  absl::SleepFor(absl::Seconds(2));
  const absl::Time begin = bench.clock().Now();
  if (scenario.arriving != nullptr) {
    bench.AcceptMany(kQueued, scenario.arriving);
  } else {
    absl::SleepFor(absl::Seconds(4));
  }
  const absl::Time end = bench.clock().Now();
  absl::SleepFor(absl::Seconds(2));
  stream.End();
  absl::SleepFor(absl::Seconds(2));
  return bench.Measured(begin, end);
}

// The time that `share` of them took at most, in ms.
double Percentile(std::vector<absl::Duration> durations, double share) {
  std::sort(durations.begin(), durations.end());
  return durations.empty()
             ? 0
             : absl::ToDoubleMilliseconds(durations[static_cast<size_t>(durations.size() * share)]);
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void MeasureIsolation() {
  constexpr int kRounds = 7;
  const std::vector<Scenario> scenarios = {
      {"alone", 0, nullptr},
      {"beside 50,000 queued for a black hole", kQueued, nullptr},
      {"while 50,000 arrive for a black hole", 0, IntoTheHole},
      {"while 50,000 arrive for 500 other sites", 0, SpreadOver("b")},
  };
  // In turns, so that what else the machine does meets all of them.
  std::vector<std::vector<Latencies>> rounds(scenarios.size());
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < scenarios.size(); ++i) rounds[i].push_back(Measure(scenarios[i]));
  }
  std::cout << "medians of " << kRounds << " rounds, in ms: p50, p90, p99" << std::endl;
  for (size_t i = 0; i < scenarios.size(); ++i) {
    std::cout << scenarios[i].name << "\n";
    for (const auto& [what, part] : {std::pair("  accepted in:       ", &Latencies::acceptance),
                                     std::pair("  then delivered in: ", &Latencies::delivery)}) {
      std::cout << what;
      for (const double share : {0.5, 0.9, 0.99}) {
        std::vector<double> values;
        for (const Latencies& round : rounds[i]) values.push_back(Percentile(round.*part, share));
        std::cout << absl::StrFormat(" %.2f", MedianOf(values));
      }
      std::cout << std::endl;
    }
  }
}

}  // namespace
}  // namespace mailstrom::delivery

int main(int argc, char** argv) {
  mailstrom::SetLogLevel(mailstrom::LogLevel::kError);
  if (argc > 1) mailstrom::delivery::folder = argv[1];
  mailstrom::delivery::MeasureThroughput();
  mailstrom::delivery::MeasureIsolation();
}
