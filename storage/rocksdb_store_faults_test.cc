// What the RocksDB store does when the disk fails it.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "storage/blocking_store.h"
#include "storage/faulty_file_system.h"
#include "storage/rocksdb_store.h"
#include "storage/store_audit.h"
#include "storage/store_conformance.h"
#include "storage/test_emails.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::storage {
namespace {

using Fault = FaultyFileSystem::Fault;
using Loss = FaultyFileSystem::Loss;

// A store on a disk that can fail.
class FaultyStore final : public StoreUnderTest {
 public:
  explicit FaultyStore(Loss loss = Loss::kTorn, uint64_t seed = 1, StoreLimits limits = {},
                       absl::Duration recovery_interval = absl::Hours(1))
      : loss_(loss), random_(seed) {
    options_.limits = limits;
    options_.recovery_interval = recovery_interval;
    static int count = 0;
    options_.path = absl::StrCat(testing::TempDir(), "/faulty", count++);
    options_.env = env_.get();
    options_.clock = &clock_;
    // Enough to have flushes, compactions and new logs in these tests.
    options_.write_buffer_bytes = 256 << 10;
    Restart();
  }
  ~FaultyStore() override { disk_->Fail(Fault::kNone); }

  FaultyFileSystem& disk() { return *disk_; }
  EmbeddedStore& store() override { return *store_; }
  BlockingStore blocking() { return BlockingStore(*store_); }
  bool is_durable() const override { return true; }
  void Restart() override {
    store_ = nullptr;
    store_ = OpenRocksDbStore(options_).value();
  }
  void Crash() override {
    // Nothing reaches the disk from here on, not even what closing would write.
    disk_->Fail(Fault::kIoError);
    store_ = nullptr;
    disk_->Fail(Fault::kNone);
    disk_->LoseUnsynced(loss_, random_);
    store_ = OpenRocksDbStore(options_).value();
  }

 private:
  const Loss loss_;
  DeterministicRandom random_;
  // Stands where the tests' times are, so that no key seems to have expired.
  FakeClock clock_{kTestStart};
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  RocksDbStoreOptions options_;
  std::unique_ptr<EmbeddedStore> store_;
};

INSTANTIATE_TEST_SUITE_P(RocksDbLosingUnsynced, StoreConformanceTest,
                         testing::Values(StoreMaker([](const StoreLimits& limits) {
                                           return std::make_unique<FaultyStore>(Loss::kAll, 1,
                                                                                limits);
                                         }),
                                         StoreMaker([](const StoreLimits& limits) {
                                           return std::make_unique<FaultyStore>(Loss::kTorn, 1,
                                                                                limits);
                                         })));

class DiskFaultTest : public testing::TestWithParam<Fault> {
 protected:
  FaultyStore faulty_;
  BlockingStore blocking() { return faulty_.blocking(); }
};

TEST_P(DiskFaultTest, AFailedWriteChangesNothingAndIsSaid) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "content").ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);

  faulty_.disk().Fail(GetParam());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(absl::IsUnavailable(blocking().Accept(TestEmail("b"), "content")));
    EXPECT_TRUE(absl::IsUnavailable(blocking().RecordOutcomes({Delivered(claimed)})));
    EXPECT_TRUE(
        absl::IsUnavailable(blocking().Release({claimed.claim}, kTestStart + absl::Hours(1))));
  }
  EXPECT_EQ(faulty_.store().LastSequence(), 1);
  // Nothing is written after the first, until the disk takes a probe again.
  EXPECT_EQ(faulty_.store().failures().writes, 1);
}

TEST_P(DiskFaultTest, TheStoreGoesOnOnceTheCauseIsGone) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "content").ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  faulty_.disk().Fail(GetParam());
  EXPECT_TRUE(absl::IsUnavailable(blocking().RecordOutcomes({Delivered(claimed)})));
  EXPECT_TRUE(absl::IsUnavailable(blocking().Accept(TestEmail("b"), "content")));
  faulty_.disk().Fail(Fault::kNone);

  EXPECT_TRUE(blocking().Accept(TestEmail("c"), "content").ok());
  // It was recorded the first time after all, or is now.
  const absl::Status again = blocking().RecordOutcomes({Delivered(claimed)});
  EXPECT_TRUE(again.ok() || absl::IsAborted(again)) << again;
  EXPECT_EQ(blocking().ReadEmail("a")->recipients[0].state, RecipientState::kDelivered);
  for (int i = 0; i < 2; ++i) {
    const StoreAudit audit = AuditStore(faulty_.store(), /*claim_all=*/true);
    EXPECT_EQ(absl::StrJoin(audit.problems, "\n"), "");
    EXPECT_EQ(audit.delivered, 1);
    EXPECT_GE(audit.queued, 1);
    faulty_.Crash();
  }
}

TEST_P(DiskFaultTest, WhatIsOnDiskCanStillBeRead) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a"), "content").ok());
  faulty_.disk().Fail(GetParam());
  EXPECT_TRUE(absl::IsUnavailable(blocking().Accept(TestEmail("b"), "content")));
  EXPECT_TRUE(blocking().ReadEmail("a").ok());
  EXPECT_EQ(blocking().ReadContent("a").value(), "content");
  EXPECT_EQ(blocking().ReadEvents(0, 9)->events.size(), 1u);
}

// Waits for what it is told of a store's health.
class HealthListener final : public StoreListener {
 public:
  void OnDue(absl::Time) override {}
  void OnEvents(int64_t) override {}
  void OnHealth(const absl::Status& health) override {
    absl::MutexLock lock(&mutex_);
    told_.push_back(health);
  }

  absl::Status Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto told = [this, count]()
                          ABSL_NO_THREAD_SAFETY_ANALYSIS { return told_.size() >= count; };
    mutex_.Await(absl::Condition(&told));
    return told_[count - 1];
  }
  size_t count() {
    absl::MutexLock lock(&mutex_);
    return told_.size();
  }

 private:
  absl::Mutex mutex_;
  std::vector<absl::Status> told_ ABSL_GUARDED_BY(mutex_);
};

TEST_P(DiskFaultTest, ListenersHearThatTheStoreFailsAndThatItRecoversUnasked) {
  FaultyStore faulty(Loss::kTorn, 1, {}, absl::Milliseconds(5));
  HealthListener listener;
  faulty.store().AddListener(&listener);
  EXPECT_TRUE(faulty.store().Health().ok());
  ASSERT_TRUE(faulty.blocking().Accept(TestEmail("a"), "content").ok());
  for (size_t times = 0; times < 2; ++times) {
    faulty.disk().Fail(GetParam());
    EXPECT_TRUE(absl::IsUnavailable(faulty.blocking().Accept(TestEmail("b"), "content")));
    EXPECT_TRUE(absl::IsUnavailable(faulty.blocking().Accept(TestEmail("b"), "content")));
    EXPECT_TRUE(absl::IsUnavailable(listener.Await(2 * times + 1)));
    EXPECT_TRUE(absl::IsUnavailable(faulty.store().Health()));
    EXPECT_EQ(listener.count(), 2 * times + 1);
    faulty.disk().Fail(Fault::kNone);
    // Nobody calls.
    EXPECT_TRUE(listener.Await(2 * times + 2).ok());
    EXPECT_TRUE(faulty.store().Health().ok());
  }
  EXPECT_TRUE(faulty.blocking().Accept(TestEmail("c"), "content").ok());
  faulty.store().RemoveListener(&listener);
}

TEST_P(DiskFaultTest, AChangeOfTheQueueThatFailedLosesNobody) {
  const absl::Time now = kTestStart + absl::Minutes(1);
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2, kTestStart + absl::Hours(1)), "content").ok());
  faulty_.disk().Fail(GetParam());
  for (const QueueChange change : {QueueChange::kMakeDue, QueueChange::kCancel}) {
    EXPECT_TRUE(
        absl::IsUnavailable(blocking().ChangeQueued({{"a", 0}, {"a", 1}}, change, now).status()));
  }
  EXPECT_TRUE(absl::IsUnavailable(blocking().PutOrder({})));
  faulty_.disk().Fail(Fault::kNone);

  ASSERT_TRUE(blocking().PutOrder({}).ok());
  EXPECT_EQ(blocking().ListOrders()->size(), 1u);
  // It may have survived; be it so or not, both are where the disk says, and can be claimed there.
  const Email email = blocking().ReadEmail("a").value();
  for (const Recipient& recipient : email.recipients) {
    EXPECT_EQ(recipient.state, RecipientState::kQueued);
  }
  const absl::StatusOr<ChangedCounts> again =
      blocking().ChangeQueued({{"a", 0}, {"a", 1}}, QueueChange::kMakeDue, now);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->claimed, 0);
  EXPECT_EQ(AllOf(blocking().ClaimDue(now, 9).value()).size(), 2u);
  const StoreAudit audit = AuditStore(faulty_.store(), /*claim_all=*/false);
  EXPECT_EQ(absl::StrJoin(audit.problems, "\n"), "");
}

TEST_P(DiskFaultTest, ACancellationThatFailedHoldsNothingBack) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "content").ok());
  const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
  faulty_.disk().Fail(GetParam());
  EXPECT_TRUE(absl::IsUnavailable(blocking().Cancel("a", kTestStart).status()));
  // It may have reached the disk, so the recipient must not be attempted now.
  EXPECT_TRUE(blocking().ClaimDue(kTestStart, 9)->emails.empty());
  faulty_.disk().Fail(Fault::kNone);
  ASSERT_TRUE(blocking().Accept(TestEmail("b", 1, kTestStart + absl::Hours(1)), "").ok());
  const Email email = blocking().ReadEmail("a").value();
  const int other = 1 - claimed.claim.recipient_index;
  const bool survived = IsFinal(email.recipients[other].state);
  EXPECT_EQ(AllOf(blocking().ClaimDue(kTestStart, 9).value()).size(), survived ? 0u : 1u);
  ASSERT_TRUE(blocking().RecordOutcomes({Deferred(claimed, kTestStart)}).ok());
  EXPECT_EQ(blocking().ReadEmail("a")->recipients[1 - other].state,
            survived ? RecipientState::kFailed : RecipientState::kDeferred);
  EXPECT_EQ(faulty_.store().Totals().emails, survived ? 1 : 2);
}

INSTANTIATE_TEST_SUITE_P(Faults, DiskFaultTest, testing::Values(Fault::kNoSpace, Fault::kIoError));

// Works on a store whose disk fails at random moments, and knows what was acknowledged.
class FaultWalk {
 public:
  explicit FaultWalk(uint64_t seed) : random_(seed), faulty_(Loss::kTorn, seed) {}

  void Step() {
    if (Draw(12) == 0) {
      faulty_.disk().FailAfter(Draw(20), Draw(2) == 0 ? Fault::kNoSpace : Fault::kIoError);
    }
    const int kind = Draw(10);
    if (kind < 4) {
      Accept();
    } else if (kind < 8) {
      Deliver();
    } else if (kind < 9) {
      Cancel();
    } else if (Draw(6) == 0) {
      faulty_.Crash();
      held_.clear();
      ++crashes_;
    }
    // A fault lasts for some steps.
    if (faulty_.disk().has_failed() && Draw(4) == 0) {
      faulty_.disk().Fail(Fault::kNone);
      ++faults_;
    }
  }

  // Text: what contradicts what was acknowledged.
  std::string Check() {
    faulty_.Crash();
    held_.clear();
    std::string problems = CheckKeys();
    // Gives up what is cancelled.
    if (!faulty_.blocking().ClaimDue(absl::InfiniteFuture(), 1 << 30).ok()) return "claim failed";
    faulty_.Crash();
    const StoreAudit audit = AuditStore(faulty_.store(), /*claim_all=*/true);
    absl::StrAppend(&problems, absl::StrJoin(audit.problems, "\n"));
    if (faulty_.store().Totals().recipients != audit.queued + audit.deferred) {
      absl::StrAppend(&problems, "\nthe totals are wrong");
    }
    for (const std::string& id : cancelled_) {
      if (!faulty_.blocking().ReadEmail(id)->settled()) {
        absl::StrAppend(&problems, "\ncancelled, and not settled: ", id);
      }
    }
    for (const std::string& id : accepted_) {
      if (!audit.events.contains(id)) absl::StrAppend(&problems, "\naccepted, and lost: ", id);
    }
    for (const auto& [id, attempts] : recorded_) {
      int attempt_count = 0;
      for (const Event& event : audit.events.at(id.first)) {
        if (event.recipient_index == id.second) attempt_count = event.recipient.attempt_count;
      }
      if (attempt_count < attempts) {
        absl::StrAppend(&problems, "\nrecorded, and lost: ", id.first, "/", id.second);
      }
    }
    return problems;
  }

  std::string Summary() const {
    return absl::StrCat(faults_, " faults, ", crashes_, " crashes, ", refused_, " calls refused, ",
                        accepted_.size(), " emails accepted, ", cancelled_.size(), " cancelled, ",
                        recorded_.size(), " recipients attempted");
  }

 private:
  int Draw(int below) { return static_cast<int>(random_.Next() % below); }

  // Of each email's request, named as the email.
  static RequestKey KeyOf(const std::string& id) {
    return {"ann", id, "digest", absl::InfiniteFuture()};
  }

  // What was acknowledged is known by its key.
  std::string CheckKeys() {
    for (const std::string& id : accepted_) {
      const absl::StatusOr<Accepted> again = faulty_.blocking().Accept(
          AcceptRequest{TestEmail(absl::StrCat(id, "-again")), "", KeyOf(id)});
      if (!again.ok()) return again.status().ToString();
      if (!again->replayed || again->email.record.email_id != id) {
        return absl::StrCat("its key is lost: ", id, "\n");
      }
    }
    return "";
  }

  void Cancel() {
    if (accepted_.empty()) return;
    const std::string id = *std::next(accepted_.begin(), Draw(static_cast<int>(accepted_.size())));
    const absl::Status status = faulty_.blocking().Cancel(id, kTestStart).status();
    if (status.ok()) {
      cancelled_.insert(id);
    } else {
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      ++refused_;
    }
  }

  void Accept() {
    const std::string id = absl::StrCat("e", next_id_++);
    const absl::Status status = faulty_.blocking()
                                    .Accept(AcceptRequest{TestEmail(id, 1 + Draw(3)),
                                                          std::string(Draw(8000), 'c'), KeyOf(id)})
                                    .status();
    if (status.ok()) {
      accepted_.insert(id);
    } else {
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      ++refused_;
    }
  }

  void Deliver() {
    const absl::StatusOr<DueWork> work = faulty_.blocking().ClaimDue(kTestStart, Draw(5));
    if (work.ok()) {
      for (ClaimedRecipient& claimed : AllOf(*work)) held_.push_back(std::move(claimed));
    } else {
      EXPECT_TRUE(absl::IsUnavailable(work.status())) << work.status();
    }
    if (held_.empty()) return;
    const ClaimedRecipient claimed = held_[Draw(static_cast<int>(held_.size()))];
    const absl::Status status = faulty_.blocking().RecordOutcomes(
        {Draw(3) == 0 ? Deferred(claimed, kTestStart) : Delivered(claimed)});
    if (absl::IsUnavailable(status)) {
      ++refused_;
      return;
    }
    const auto same = [&](const ClaimedRecipient& other) {
      return other.claim.fence == claimed.claim.fence;
    };
    std::erase_if(held_, same);
    if (status.ok()) {
      recorded_[{claimed.claim.email_id, claimed.claim.recipient_index}] =
          claimed.recipient.attempt_count + 1;
    } else {
      EXPECT_TRUE(absl::IsAborted(status)) << status;
    }
  }

  DeterministicRandom random_;
  FaultyStore faulty_;
  int next_id_ = 0;
  std::vector<ClaimedRecipient> held_;
  std::set<std::string> accepted_;
  std::set<std::string> cancelled_;
  // Attempts that were acknowledged.
  std::map<std::pair<std::string, int>, int> recorded_;
  int faults_ = 0;
  int crashes_ = 0;
  int refused_ = 0;
};

// New ones each time, unless MAILSTROM_TEST_SEED repeats an earlier one.
std::vector<uint64_t> Seeds() {
  uint64_t seed = 0;
  const char* given = std::getenv("MAILSTROM_TEST_SEED");
  if (given != nullptr && absl::SimpleAtoi(given, &seed)) return {seed};
  SystemRandomSource random;
  std::vector<uint64_t> seeds;
  for (int i = 0; i < 3; ++i) seeds.push_back(random.Next());
  return seeds;
}

TEST(DiskFaultWalkTest, NothingAcknowledgedIsLost) {
  for (const uint64_t seed : Seeds()) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    FaultWalk walk(seed);
    for (int step = 0; step < 400; ++step) walk.Step();
    ASSERT_EQ(walk.Check(), "");
    std::cout << "seed " << seed << ": " << walk.Summary() << std::endl;
  }
}

}  // namespace
}  // namespace mailstrom::storage
