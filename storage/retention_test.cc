#include "storage/retention.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::storage {
namespace {

constexpr absl::Duration kPeriod = absl::Hours(24 * 7);

// A clock that tells when somebody has looked at it.
class WatchedClock final : public Clock {
 public:
  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    looked_ = true;
    return clock_.Now();
  }
  void Advance(absl::Duration duration) { clock_.Advance(duration); }
  void JumpWallClock(absl::Duration by) { clock_.JumpWallClock(by); }
  void AwaitLook() {
    absl::MutexLock lock(&mutex_);
    looked_ = false;
    mutex_.Await(absl::Condition(&looked_));
  }

 private:
  FakeClock clock_{kTestStart};
  mutable absl::Mutex mutex_;
  mutable bool looked_ ABSL_GUARDED_BY(mutex_) = false;
};

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    options_.path = absl::StrCat(testing::TempDir(), "/",
                                 testing::UnitTest::GetInstance()->current_test_info()->name());
    options_.retention = kPeriod;
    options_.clock = &clock_;
    // The disk is swept when a test asks for it.
    options_.retention_interval = absl::InfiniteDuration();
    Reopen();
  }

  void Reopen() {
    store_ = nullptr;
    store_ = OpenRocksDbStore(options_).value();
  }

  // Opens the store with a sweeper that does not wait, until `done`.
  void SweepUntil(const std::function<bool(const Database&)>& done) {
    options_.retention_interval = absl::Milliseconds(1);
    for (bool swept = false; !swept;) {
      Reopen();
      clock_.AwaitLook();
      // Waits for the sweep that looked.
      store_ = nullptr;
      swept = done(*Database::Open({.path = options_.path}, random_).value());
    }
    options_.retention_interval = absl::InfiniteDuration();
    Reopen();
  }

  BlockingStore blocking() { return BlockingStore(*store_); }

  void Accept(const std::string& id, int recipients = 1) {
    Email email = TestEmail(id, recipients);
    email.record.accept_time = clock_.Now();
    ASSERT_TRUE(blocking().Accept(email, "content").ok());
  }

  // Settles all that is due.
  void DeliverAll() {
    for (const ClaimedRecipient& claimed : AllOf(blocking().ClaimDue(kTestStart, 100).value())) {
      Outcome outcome = Delivered(claimed);
      outcome.event_time = clock_.Now();
      outcome.dialogue = std::make_shared<const std::string>("said");
      ASSERT_TRUE(blocking().RecordOutcomes({outcome}).ok());
    }
  }

  static int Count(const Database& database, Family family) {
    int count = 0;
    EXPECT_TRUE(database
                    .Scan(family, "", "",
                          [&](absl::string_view, absl::string_view) {
                            ++count;
                            return true;
                          })
                    .ok());
    return count;
  }

  WatchedClock clock_;
  SystemRandomSource random_;
  RocksDbStoreOptions options_;
  std::unique_ptr<Store> store_;
};

TEST_F(RetentionTest, ASettledEmailIsGoneAtTheEndOfItsPeriod) {
  Accept("a", 2);
  clock_.Advance(absl::Hours(1));
  DeliverAll();
  clock_.Advance(kPeriod - absl::Seconds(1));
  EXPECT_TRUE(blocking().ReadEmail("a").ok());
  EXPECT_EQ(blocking().ListEmails({})->emails.size(), 1u);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("a").status()));
  EXPECT_EQ(blocking().ListEmails({})->emails.size(), 0u);
}

TEST_F(RetentionTest, AnEmailThatIsNotSettledStays) {
  Accept("a");
  clock_.Advance(10 * kPeriod);
  EXPECT_TRUE(blocking().ReadEmail("a").ok());
  EXPECT_EQ(blocking().ReadContent("a").value(), "content");
  // Its first event is not.
  EXPECT_TRUE(absl::IsOutOfRange(blocking().ReadEvents(0, 9).status()));
  EXPECT_TRUE(blocking().ReadEvents(1, 9).ok());
  SweepUntil([](const Database& database) { return Count(database, Family::kEvents) == 0; });
  EXPECT_TRUE(blocking().ReadEmail("a").ok());
  EXPECT_EQ(AllOf(blocking().ClaimDue(kTestStart, 9).value()).size(), 1u);
}

TEST_F(RetentionTest, PlacesBeforeTheBeginningOfTheLogAreOutOfRange) {
  Accept("a");
  clock_.Advance(absl::Hours(2));
  Accept("b");
  EXPECT_EQ(blocking().ReadEvents(0, 9)->events.size(), 2u);
  clock_.Advance(kPeriod - absl::Hours(1));
  EXPECT_TRUE(absl::IsOutOfRange(blocking().ReadEvents(0, 9).status()));
  EXPECT_EQ(blocking().ReadEvents(1, 9)->events.size(), 1u);
  Reopen();
  EXPECT_TRUE(absl::IsOutOfRange(blocking().ReadEvents(0, 9).status()));
  EXPECT_EQ(blocking().ReadEvents(1, 9)->events.size(), 1u);
}

TEST_F(RetentionTest, TheDiskIsSweptOfAllThatBelongsToAnEmail) {
  Accept("a", 3);
  DeliverAll();
  clock_.Advance(absl::Hours(2));
  Accept("b", 2);
  DeliverAll();
  clock_.Advance(kPeriod - absl::Hours(1));
  SweepUntil([](const Database& database) {
    if (Count(database, Family::kEmails) != 1) return false;
    EXPECT_EQ(Count(database, Family::kRecipients), 2);
    EXPECT_EQ(Count(database, Family::kEvents), 4);
    EXPECT_EQ(Count(database, Family::kDialogues), 2);
    EXPECT_EQ(Count(database, Family::kByTime), 1);
    EXPECT_EQ(Count(database, Family::kByRecipient), 2);
    return true;
  });
  EXPECT_TRUE(blocking().ReadEmail("b").ok());
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("a").status()));
  EXPECT_TRUE(absl::IsOutOfRange(blocking().ReadEvents(5, 9).status()));
  EXPECT_EQ(blocking().ReadEvents(6, 9)->events.size(), 4u);
}

TEST_F(RetentionTest, NumbersOfEventsThatAreGoneAreNotGivenOutAgain) {
  Accept("a");
  DeliverAll();
  const std::string log_id = store_->LogId();
  clock_.Advance(2 * kPeriod);
  SweepUntil([](const Database& database) { return Count(database, Family::kEvents) == 0; });
  EXPECT_EQ(store_->LastSequence(), 2);
  EXPECT_EQ(store_->LogId(), log_id);
  Accept("b");
  EXPECT_EQ(blocking().ReadEvents(2, 9)->events.at(0)->sequence, 3);
}

TEST_F(RetentionTest, AnEventFromTheFutureHoldsNothingUp) {
  clock_.JumpWallClock(absl::Hours(24 * 365));
  Accept("a");
  clock_.JumpWallClock(-absl::Hours(24 * 365));
  Accept("b");
  DeliverAll();
  clock_.Advance(2 * kPeriod);
  SweepUntil([](const Database& database) { return Count(database, Family::kEvents) == 0; });
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("b").status()));
}

}  // namespace
}  // namespace mailstrom::storage
