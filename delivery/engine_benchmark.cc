// How fast the engine delivers when the network costs nothing, and whether a black-holed site with
// a long queue slows the others down. Real time, one thread for delivery.

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
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
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/memory_stream.h"

namespace mailstrom::delivery {
namespace {

constexpr int kSites = 500;
constexpr char kHole[] = "203.0.113.1";

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

class Bench {
 public:
  Bench() : thread_([this] { io_.run(); }) {
    for (int site = 0; site < kSites; ++site) {
      dns_.AddMx(absl::StrCat("d", site, ".test"), 10, absl::StrCat("mx", site, ".test"));
      dns_.AddAddress(absl::StrCat("mx", site, ".test"),
                      absl::StrCat("20.0.", site / 250, ".", site % 250));
    }
    dns_.AddMx("hole.test", 10, "mx.hole.test");
    dns_.AddAddress("mx.hole.test", kHole);
    EngineOptions options;
    options.hello_name = "me.test";
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

  void Accept(const std::string& domain) {
    storage::Email email;
    email.record.email_id = absl::StrCat("e", ++accepted_);
    email.record.reverse_path = "sender@me.test";
    email.record.accept_time = clock_.Now();
    email.record.expire_time = clock_.Now() + absl::Hours(1);
    email.record.size_bytes = 4096;
    email.recipients.resize(1);
    email.recipients[0].address = absl::StrCat("user", accepted_, "@", domain);
    email.recipients[0].next_attempt_time = clock_.Now();
    store_->Accept({std::move(email), content_}, [](const absl::StatusOr<storage::Accepted>&) {});
  }

  // From acceptance to the outcome, of all that was delivered, in order.
  std::vector<absl::Duration> Latencies() {
    std::vector<absl::Duration> latencies;
    absl::Notification read;
    store_->ReadEvents(0, 100000000, [&](absl::StatusOr<storage::EventBatch> batch) {
      absl::flat_hash_map<std::string, absl::Time> accepted;
      for (const auto& event : batch->events) {
        accepted.try_emplace(event->email_id, event->event_time);
        if (event->recipient.state == storage::RecipientState::kDelivered) {
          latencies.push_back(event->event_time - accepted[event->email_id]);
        }
      }
      read.Notify();
    });
    read.WaitForNotification();
    std::sort(latencies.begin(), latencies.end());
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
  std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  std::unique_ptr<Engine> engine_;
  const std::string content_ = "Subject: x\r\n\r\n" + std::string(4000, 'x') + "\r\n";
  int accepted_ = 0;
  std::thread thread_;
};

// All at once, to sites without end.
void MeasureThroughput() {
  constexpr int kEmails = 100000;
  Bench bench;
  for (int i = 0; i < kEmails; ++i) bench.Accept(absl::StrCat("d", i % kSites, ".test"));
  while (bench.events() < kEmails) absl::SleepFor(absl::Milliseconds(10));
  const absl::Time start = bench.clock().Now();
  bench.Start();
  while (bench.events() < 2 * kEmails) absl::SleepFor(absl::Milliseconds(1));
  const double seconds = absl::ToDoubleSeconds(bench.clock().Now() - start);
  std::cout << "throughput: " << static_cast<int>(kEmails / seconds) << " emails/s" << std::endl;
}

// A steady stream for many sites, beside `queued` emails for one that never answers.
absl::Duration MeasureLatency(int queued) {
  constexpr int kPerSecond = 500;
  constexpr int kSeconds = 20;
  Bench bench;
  bench.Start();
  for (int i = 0; i < queued; ++i) bench.Accept("hole.test");
  // The queue is there before the stream begins: what is measured is its presence, not its arrival.
  while (bench.events() < queued) absl::SleepFor(absl::Milliseconds(10));
  absl::SleepFor(absl::Seconds(3));
  const absl::Time start = bench.clock().Now();
  for (int i = 0; i < kPerSecond * kSeconds; ++i) {
    const absl::Time due = start + absl::Seconds(i * 1.0 / kPerSecond);
    absl::SleepFor(due - bench.clock().Now());
    bench.Accept(absl::StrCat("d", i % kSites, ".test"));
  }
  absl::SleepFor(absl::Seconds(2));
  const std::vector<absl::Duration> latencies = bench.Latencies();
  const absl::Duration p99 = latencies[latencies.size() * 99 / 100];
  std::cout << "black-holed " << queued << ": delivered " << latencies.size() << ", p50 "
            << absl::FormatDuration(latencies[latencies.size() / 2]) << ", p99 "
            << absl::FormatDuration(p99) << ", max " << absl::FormatDuration(latencies.back())
            << std::endl;
  return p99;
}

}  // namespace
}  // namespace mailstrom::delivery

int main() {
  mailstrom::SetLogLevel(mailstrom::LogLevel::kError);
  mailstrom::delivery::MeasureThroughput();
  const absl::Duration alone = mailstrom::delivery::MeasureLatency(0);
  const absl::Duration beside = mailstrom::delivery::MeasureLatency(50000);
  std::cout << "p99 beside the black hole: " << absl::FDivDuration(beside, alone) << " times"
            << std::endl;
}
