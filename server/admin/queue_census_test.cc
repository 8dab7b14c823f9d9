#include "server/admin/queue_census.h"

#include <deque>
#include <utility>

#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/forwarding_store.h"

namespace mailstrom::server {
namespace {

// Answers when the test says so. For tests with one thread.
class SlowStore final : public ForwardingStore {
 public:
  SlowStore() : ForwardingStore(storage::NewMemoryStore()) {}

  void SummarizeQueue(int, Done<storage::QueueSummary> done) override {
    waiting_.push_back(std::move(done));
  }
  size_t waiting() const { return waiting_.size(); }
  void Answer(absl::StatusOr<storage::QueueSummary> summary = storage::QueueSummary()) {
    auto done = std::move(waiting_.front());
    waiting_.pop_front();
    done(std::move(summary));
  }

 private:
  std::deque<Done<storage::QueueSummary>> waiting_;
};

class QueueCensusTest : public testing::Test {
 protected:
  void Ask() {
    census_.Ask([this](const absl::StatusOr<QueueCensus::CountPtr>& count) {
      ++(count.ok() ? counts_ : errors_);
    });
  }

  FakeClock clock_;
  SlowStore store_;
  QueueCensus census_{store_, clock_};
  int counts_ = 0;
  int errors_ = 0;
};

TEST_F(QueueCensusTest, ThoseWhoAskAtOnceShareACount) {
  for (int i = 0; i < 100; ++i) Ask();
  EXPECT_EQ(store_.waiting(), 1u);
  store_.Answer();
  EXPECT_EQ(counts_, 100);
}

TEST_F(QueueCensusTest, ACountIsGoodForTenTimesWhatItTook) {
  Ask();
  clock_.Advance(absl::Milliseconds(500));
  store_.Answer();
  clock_.Advance(absl::Milliseconds(4999));
  Ask();
  EXPECT_EQ(counts_, 2);
  clock_.Advance(absl::Milliseconds(1));
  Ask();
  EXPECT_EQ(store_.waiting(), 1u);
}

TEST_F(QueueCensusTest, ACountIsGoodForTenSecondsAtMost) {
  Ask();
  clock_.Advance(absl::Minutes(1));
  store_.Answer();
  clock_.Advance(absl::Seconds(10));
  Ask();
  EXPECT_EQ(counts_, 1);
  EXPECT_EQ(store_.waiting(), 1u);
}

TEST_F(QueueCensusTest, AFailureIsNotKept) {
  Ask();
  store_.Answer(absl::UnavailableError("no"));
  EXPECT_EQ(errors_, 1);
  Ask();
  store_.Answer();
  EXPECT_EQ(counts_, 1);
}

}  // namespace
}  // namespace mailstrom::server
