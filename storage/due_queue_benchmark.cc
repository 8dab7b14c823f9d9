// What the window of due recipients costs for each that passes through: it becomes known, is
// claimed, and its claim ends. The argument says how many others are known meanwhile.
//
//   bazel run -c opt //storage:due_queue_benchmark

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "storage/due_queue.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kWindow = 10'000;
// Claimed at a time, as under load.
constexpr int kAtATime = 20;

DueKey KeyOf(int64_t n) { return {n, absl::StrCat("01HF7YAT31JZHXPFB9E1", n), 0}; }

// A queue that knows `count` places, which are due long after all others.
void Fill(DueQueue& queue, int64_t count) {
  std::vector<DueKey> keys;
  for (int64_t i = 0; i < count; ++i) keys.push_back(KeyOf((int64_t{1} << 40) + i));
  queue.EndScan(queue.BeginScan(), keys, /*complete=*/true);
}

void BM_AddTakeEnd(benchmark::State& state) {
  DueQueue queue(kWindow, /*first_fence=*/1);
  Fill(queue, state.range(0));
  int64_t next = 0;
  for (auto _ : state) {
    std::vector<DueKey> keys;
    for (int i = 0; i < kAtATime; ++i) keys.push_back(KeyOf(next++));
    queue.Add(keys);
    const std::vector<Claim> claims = queue.Take(next, kAtATime);
    if (claims.size() != kAtATime) state.SkipWithError("not all were due");
    queue.End(claims);
  }
  state.SetItemsProcessed(state.iterations() * kAtATime);
}
BENCHMARK(BM_AddTakeEnd)->Arg(0)->Arg(1000)->Arg(9000);

// Recipients that are deferred: claimed, and due again later.
void BM_TakeRequeue(benchmark::State& state) {
  DueQueue queue(kWindow, /*first_fence=*/1);
  Fill(queue, 0);
  std::vector<DueKey> keys;
  for (int64_t i = 0; i < state.range(0); ++i) keys.push_back(KeyOf(i));
  queue.Add(keys);
  int64_t now = state.range(0);
  for (auto _ : state) {
    for (const Claim& claim : queue.Take(now, kAtATime)) queue.Requeue(claim, ++now);
  }
  state.SetItemsProcessed(state.iterations() * kAtATime);
}
BENCHMARK(BM_TakeRequeue)->Arg(100)->Arg(9000);

}  // namespace
}  // namespace mailstrom::storage

BENCHMARK_MAIN();
