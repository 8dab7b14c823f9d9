#include "delivery/outcome_recorder.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "storage/test_emails.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using storage::FailureCause;
using storage::kTestStart;
using storage::RecipientState;

// Counts what it is told.
class CountingObserver final : public DeliveryObserver {
 public:
  void OnAttempt(const storage::EmailRecord& email, const storage::Recipient& after, bool in_doubt,
                 absl::Time now) override {
    ++attempts;
    if (in_doubt) ++doubts;
  }
  void OnExpired(const storage::Recipient& after) override { ++expiries; }

  int attempts = 0;
  int doubts = 0;
  int expiries = 0;
};

class OutcomeRecorderTest : public ::testing::Test {
 protected:
  // Accepts an email and claims its only recipient.
  OutcomeRecorderTest() {
    EXPECT_TRUE(store_.AcceptNow(email_, "x").ok());
    Claim();
  }

  void Claim() {
    store_.ClaimDue(clock_.Now(), 1, [this](absl::StatusOr<storage::DueWork> work) {
      claimed_ = storage::AllOf(work.value());
    });
    loop_.Settle();
    ASSERT_EQ(claimed_.size(), 1u);
  }
  void Record(const Verdict& verdict) {
    recorder_.RecordAll(email_.record, claimed_, verdict, {}, retry_);
    loop_.Settle();
  }
  storage::Recipient Read() { return store_.ReadEmailNow("a")->recipients[0]; }

  FakeClock clock_{kTestStart};
  FakeLoop loop_{clock_};
  DeterministicRandom random_;
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  CountingObserver observer_;
  OutcomeRecorder recorder_{
      clock_, random_,
      std::make_shared<ClaimSettler>(store_, clock_, loop_.io().get_executor(), [](int) {}),
      &observer_};
  storage::Email email_ = storage::TestEmail("a");
  RetryPolicy retry_ = {.jitter = 0};
  std::vector<storage::ClaimedRecipient> claimed_;
};

TEST_F(OutcomeRecorderTest, WhatIsDeliveredIsFinal) {
  Record({.kind = Verdict::Kind::kDelivered});
  EXPECT_EQ(Read().state, RecipientState::kDelivered);
  EXPECT_EQ(Read().last_attempt->end_time, kTestStart);
  EXPECT_EQ(observer_.attempts, 1);
  EXPECT_EQ(observer_.doubts, 0);
}

TEST_F(OutcomeRecorderTest, AFailureKeepsItsCause) {
  Record({.kind = Verdict::Kind::kFailed, .cause = FailureCause::kBadDomain});
  EXPECT_EQ(Read().state, RecipientState::kFailed);
  EXPECT_EQ(Read().failure_cause, FailureCause::kBadDomain);
}

TEST_F(OutcomeRecorderTest, IsDeferredUntilTheRetriesAreUsedUp) {
  email_.record.retry.max_retries = 1;
  Record({.kind = Verdict::Kind::kDeferred});
  EXPECT_EQ(Read().state, RecipientState::kDeferred);
  EXPECT_EQ(Read().next_attempt_time, kTestStart + retry_.initial_delay);
  clock_.Advance(retry_.initial_delay);
  Claim();
  Record({.kind = Verdict::Kind::kDeferred});
  EXPECT_EQ(Read().state, RecipientState::kFailed);
  EXPECT_EQ(Read().failure_cause, FailureCause::kExpired);
  EXPECT_EQ(Read().attempt_count, 2);
}

TEST_F(OutcomeRecorderTest, EachAttemptInDoubtCountsOnce) {
  Record({.kind = Verdict::Kind::kDeferred, .in_doubt = true});
  EXPECT_EQ(observer_.doubts, 1);
  clock_.Advance(retry_.initial_delay);
  Claim();
  Record({.kind = Verdict::Kind::kDelivered});
  EXPECT_EQ(observer_.doubts, 1);
  EXPECT_EQ(observer_.attempts, 2);
  EXPECT_TRUE(Read().in_doubt);
}

TEST_F(OutcomeRecorderTest, ExpiryIsNoAttempt) {
  recorder_.Expire(claimed_);
  loop_.Settle();
  EXPECT_EQ(Read().failure_cause, FailureCause::kExpired);
  EXPECT_EQ(Read().attempt_count, 0);
  EXPECT_EQ(observer_.attempts, 0);
  EXPECT_EQ(observer_.expiries, 1);
}

TEST_F(OutcomeRecorderTest, WhatIsHeldIsToldWhyAndCostsNoAttempt) {
  storage::Attempt met;
  met.description = "the site is down";
  recorder_.Hold(email_.record, {{claimed_[0], ""}}, met, kTestStart + absl::Hours(1));
  loop_.Settle();
  EXPECT_EQ(Read().state, RecipientState::kDeferred);
  EXPECT_EQ(Read().attempt_count, 0);
  EXPECT_EQ(Read().last_attempt->description, "the site is down");
  EXPECT_EQ(Read().next_attempt_time, kTestStart + absl::Hours(1));
}

TEST_F(OutcomeRecorderTest, NothingIsPutOffBeyondItsLifetime) {
  recorder_.HoldBack({{claimed_[0], ""}}, email_.record, absl::InfiniteFuture());
  loop_.Settle();
  EXPECT_TRUE(Read().held);
  EXPECT_EQ(Read().state, RecipientState::kQueued);
  EXPECT_EQ(Read().next_attempt_time, email_.record.expire_time);
}

TEST_F(OutcomeRecorderTest, WhatIsReleasedIsAsItWas) {
  recorder_.Release({{claimed_[0], ""}}, email_.record, kTestStart + absl::Minutes(1));
  loop_.Settle();
  EXPECT_EQ(Read().state, RecipientState::kQueued);
  EXPECT_FALSE(Read().held);
  EXPECT_FALSE(Read().last_attempt.has_value());
  EXPECT_EQ(store_.released, 1);
}

}  // namespace
}  // namespace mailstrom::delivery
