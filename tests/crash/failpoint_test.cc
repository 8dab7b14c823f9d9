// Kills a process that works on a store at each failpoint that the store has, several times, and
// looks after each kill whether everything that was acknowledged is there and nothing is there
// twice. A failpoint that the work does not reach fails the test.

#include "storage/failpoint.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/random_source.h"
#include "gtest/gtest.h"
#include "tests/crash/failpoint_ledger.h"
#include "tests/crash/worker_process.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::storage {
namespace {

constexpr char kWorker[] = "tests/crash/failpoint_worker";
// Long enough to reach every failpoint.
constexpr int kRounds = 16;

// A new one each time, unless MAILSTROM_TEST_SEED repeats an earlier one.
uint64_t Seed() {
  uint64_t seed = 0;
  const char* given = std::getenv("MAILSTROM_TEST_SEED");
  if (given == nullptr || !absl::SimpleAtoi(given, &seed)) seed = SystemRandomSource().Next() >> 1;
  std::cout << "MAILSTROM_TEST_SEED=" << seed << std::endl;
  return seed;
}

int64_t Between(int64_t first, int64_t last, RandomSource& random) {
  return first + static_cast<int64_t>(random.Next() % std::max<int64_t>(last - first + 1, 1));
}

// One store, and the workers on it, one after the other.
class Series {
 public:
  Series(const std::string& name, RandomSource& random)
      : path_(absl::StrCat(testing::TempDir(), "/", name)), random_(random) {}
  ~Series() { std::filesystem::remove_all(path_); }

  // Works for some rounds, or until everything is settled and gone, and dies on the way. Whether it
  // came to that.
  bool Work(int rounds, Failpoint point, int64_t occurrence) {
    const std::string name = absl::StrCat("w", absl::Dec(workers_++, absl::kZeroPad2));
    const WorkerRun run = RunWorker(
        {kWorker, path_, name, absl::StrCat(random_.Next() >> 1), absl::StrCat(ledger_.seconds()),
         absl::StrCat(rounds), absl::StrCat(static_cast<int>(point)), absl::StrCat(occurrence)});
    EXPECT_TRUE(WasKilled(run) || Succeeded(run)) << run.wait_status;
    ledger_.Add(run.output);
    EXPECT_EQ(ledger_.Check(path_), "") << "worker " << name;
    return WasKilled(run);
  }
  void WorkToTheEnd(int rounds) { EXPECT_FALSE(Work(rounds, Failpoint::kGroupBegun, 0)); }

  const FailpointLedger& ledger() const { return ledger_; }

 private:
  const std::string path_;
  RandomSource& random_;
  FailpointLedger ledger_;
  int workers_ = 0;
};

class FailpointTest : public testing::TestWithParam<int> {
 protected:
  // Works once without harm, to learn how often each failpoint comes.
  static void SetUpTestSuite() {
    DeterministicRandom random(Seed());
    Series series("unharmed", random);
    series.WorkToTheEnd(kRounds);
    series.WorkToTheEnd(0);
    for (int i = 0; i < kFailpointCount; ++i) {
      counts[i] = series.ledger().reached(FailpointName(static_cast<Failpoint>(i)));
    }
  }

  static int64_t counts[kFailpointCount];
};

int64_t FailpointTest::counts[kFailpointCount];

TEST_P(FailpointTest, NothingAcknowledgedIsLostAndNothingSettledComesAgain) {
  const auto point = static_cast<Failpoint>(GetParam());
  const int64_t count = counts[GetParam()];
  ASSERT_GT(count, 0) << "the work never reaches it";
  DeterministicRandom random(Seed());
  Series series(absl::StrCat("killed", GetParam()), random);
  // The first times on a young store, and then somewhere in the work that follows.
  int kills = 0;
  for (const int64_t occurrence : {int64_t{1}, int64_t{2}, Between(3, count / 2, random)}) {
    if (series.Work(kRounds, point, occurrence)) ++kills;
  }
  // Once more while everything comes to its end.
  if (series.Work(0, point, Between(1, 3, random))) ++kills;
  series.WorkToTheEnd(0);
  EXPECT_GE(kills, 2);
  std::cout << FailpointName(point) << " (" << count << " times when unharmed): " << kills
            << " kills, " << series.ledger().accepted() << " emails acknowledged, "
            << series.ledger().repeated() << " hand-overs in doubt repeated" << std::endl;
}

INSTANTIATE_TEST_SUITE_P(All, FailpointTest, testing::Range(0, kFailpointCount),
                         [](const testing::TestParamInfo<int>& info) {
                           std::string name(FailpointName(static_cast<Failpoint>(info.param)));
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace mailstrom::storage
