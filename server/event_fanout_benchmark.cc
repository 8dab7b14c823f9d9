// What it costs to hand events to those who watch, apart from gRPC: 100 events of 100 emails at a
// time, by how many watch, all of them everything or each one tag of its own.
//
//   bazel run -c opt //server:event_fanout_benchmark

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "server/event_filter.h"
#include "server/fake_event_log.h"
#include "server/status_hub.h"

namespace mailstrom::server {
namespace {

constexpr int kEvents = 100;
constexpr char kTag[] = "group";

class Watcher final : public EventSubscriber {
 public:
  explicit Watcher(EventFilter filter) : filter_(std::move(filter)) {}

  void OnEvents(std::vector<EventPtr> events, int64_t position) override {
    count_ += static_cast<int64_t>(events.size());
  }
  void OnDropped() override {}

  const EventFilter* filter() const { return &filter_; }
  int64_t count() const { return count_; }

 private:
  const EventFilter filter_;
  int64_t count_ = 0;
};

void FanOut(benchmark::State& state, bool by_tag) {
  FakeEventLog log;
  StatusHub hub(log, size_t{1} << 20);
  std::vector<std::shared_ptr<Watcher>> watchers;
  for (int i = 0; i < state.range(0); ++i) {
    EventFilter filter;
    if (by_tag) filter.tags[kTag] = absl::StrCat(i);
    watchers.push_back(std::make_shared<Watcher>(std::move(filter)));
    hub.Join(watchers.back(), watchers.back()->filter(), log.LastSequence(), 1);
  }
  for (auto _ : state) {
    for (int i = 0; i < kEvents; ++i) {
      log.Append(1, absl::StrCat("e", i), {{kTag, absl::StrCat(i % state.range(0))}});
    }
    while (!log.Waiting().empty()) log.Answer();
  }
  int64_t count = 0;
  for (const auto& watcher : watchers) {
    count += watcher->count();
    hub.Leave(watcher->filter());
  }
  const int64_t each = by_tag ? 1 : state.range(0);
  if (count != state.iterations() * kEvents * each) state.SkipWithError("events are missing");
  state.SetItemsProcessed(state.iterations() * kEvents);
}

void BM_ToWatchersOfEverything(benchmark::State& state) { FanOut(state, /*by_tag=*/false); }
BENCHMARK(BM_ToWatchersOfEverything)->Arg(1)->Arg(100)->Arg(1000);

void BM_ToWatchersOfTags(benchmark::State& state) { FanOut(state, /*by_tag=*/true); }
BENCHMARK(BM_ToWatchersOfTags)->Arg(1)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace mailstrom::server

BENCHMARK_MAIN();
