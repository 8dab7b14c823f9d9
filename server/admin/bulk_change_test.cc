#include "server/admin/bulk_change.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "server/admin/fake_control.h"
#include "storage/blocking_store.h"
#include "storage/memory_store.h"
#include "storage/test_emails.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/forwarding_store.h"

namespace mailstrom::server {
namespace {

using storage::FailureCause;
using storage::kTestStart;
using storage::QueueChange;

// Keeps cancellations of emails until they are answered.
class CancelStore final : public ForwardingStore {
 public:
  CancelStore() : ForwardingStore(storage::NewMemoryStore()) {}

  void Cancel(std::string email_id, absl::Time now, Done<storage::Email> done) override {
    absl::MutexLock lock(&mutex_);
    kept_.push_back({std::move(email_id), now, std::move(done)});
  }

  // How many are kept, once the store has nothing else to do.
  size_t WaitForKept() {
    // Calls are answered one after the other, on one thread: the first is behind the list, the
    // second behind the change that the list's answer asks for.
    for (int i = 0; i < 2; ++i) storage::BlockingStore(*this).ReadEmail("any").IgnoreError();
    absl::MutexLock lock(&mutex_);
    return kept_.size();
  }
  // Does the first one, or answers it with an error instead.
  void DoNext() {
    Kept kept = TakeNext();
    ForwardingStore::Cancel(std::move(kept.email_id), kept.now, std::move(kept.done));
  }
  void FailNext(const absl::Status& error) { TakeNext().done(error); }

 private:
  struct Kept {
    std::string email_id;
    absl::Time now;
    Done<storage::Email> done;
  };

  Kept TakeNext() {
    absl::MutexLock lock(&mutex_);
    Kept next = std::move(kept_.front());
    kept_.erase(kept_.begin());
    return next;
  }

  absl::Mutex mutex_;
  std::vector<Kept> kept_ ABSL_GUARDED_BY(mutex_);
};

class BulkChangeTest : public ::testing::Test {
 protected:
  void Accept(const std::string& id, int recipients = 1) {
    ASSERT_TRUE(blocking_.Accept(storage::TestEmail(id, recipients), "").ok());
  }
  std::vector<storage::ClaimedRecipient> Claim(int count) {
    return storage::AllOf(blocking_.ClaimDue(kTestStart, count).value());
  }
  void Change(QueueChange change) {
    storage::QueueQuery query;
    query.page_size = 10;
    ChangeQueue(store_, control_, clock_, std::move(query), change,
                [this](absl::StatusOr<BulkChanged> changed) {
                  changed_ = std::move(changed);
                  answered_.Notify();
                });
  }
  absl::StatusOr<BulkChanged> Answer() {
    answered_.WaitForNotification();
    return changed_;
  }
  storage::Recipient Read(const std::string& id) { return blocking_.ReadEmail(id)->recipients[0]; }

  FakeClock clock_{kTestStart};
  FakeControl control_;
  // Set before `answered_`.
  absl::StatusOr<BulkChanged> changed_;
  absl::Notification answered_;
  CancelStore store_;
  storage::BlockingStore blocking_{store_};
};

TEST_F(BulkChangeTest, AnswersWhenTheLastMarkIsDurable) {
  for (const char* id : {"a", "b", "c"}) Accept(id);
  const std::vector<storage::ClaimedRecipient> claimed = Claim(3);
  ASSERT_EQ(claimed.size(), 3u);
  Change(QueueChange::kCancel);
  ASSERT_EQ(store_.WaitForKept(), 3u);
  store_.DoNext();
  store_.DoNext();
  ASSERT_EQ(store_.WaitForKept(), 1u);
  EXPECT_FALSE(answered_.HasBeenNotified());
  store_.DoNext();
  EXPECT_EQ(Answer()->counts.claimed, 3);
  for (const storage::ClaimedRecipient& each : claimed) {
    ASSERT_TRUE(
        blocking_.RecordOutcomes({storage::Deferred(each, kTestStart + absl::Hours(1))}).ok());
    EXPECT_EQ(Read(each.claim.email_id).failure_cause, FailureCause::kCancelled);
  }
}

TEST_F(BulkChangeTest, AMarkThatCannotBePutDownIsAnError) {
  for (const char* id : {"a", "b", "c", "d"}) Accept(id);
  ASSERT_EQ(Claim(3).size(), 3u);
  Change(QueueChange::kCancel);
  // Also for the one that was not claimed: who was is not known.
  ASSERT_EQ(store_.WaitForKept(), 4u);
  store_.DoNext();
  store_.FailNext(absl::UnavailableError("disk full"));
  store_.FailNext(absl::DataLossError("and worse"));
  EXPECT_FALSE(answered_.HasBeenNotified());
  store_.DoNext();
  EXPECT_EQ(Answer().status(), absl::UnavailableError("disk full"));
  // What is changed stays so.
  EXPECT_EQ(Read("d").failure_cause, FailureCause::kCancelled);
}

TEST_F(BulkChangeTest, AnEmailThatIsGoneNeedsNoMark) {
  Accept("a");
  ASSERT_EQ(Claim(1).size(), 1u);
  Change(QueueChange::kCancel);
  ASSERT_EQ(store_.WaitForKept(), 1u);
  store_.FailNext(absl::NotFoundError("a"));
  ASSERT_TRUE(Answer().ok());
  EXPECT_EQ(Answer()->counts.claimed, 1);
}

TEST_F(BulkChangeTest, OnlyAnOnlyRecipientUnderWayIsMarked) {
  Accept("two", 2);
  ASSERT_EQ(Claim(1).size(), 1u);
  Change(QueueChange::kCancel);
  EXPECT_EQ(Answer()->counts.changed, 1);
  EXPECT_EQ(Answer()->counts.claimed, 1);
  EXPECT_EQ(store_.WaitForKept(), 0u);
}

TEST_F(BulkChangeTest, NothingIsMarkedThatNobodyHasTakenUp) {
  Accept("a");
  Change(QueueChange::kCancel);
  EXPECT_EQ(Answer()->counts.changed, 1);
  EXPECT_EQ(store_.WaitForKept(), 0u);
  EXPECT_EQ(Read("a").failure_cause, FailureCause::kCancelled);
}

TEST_F(BulkChangeTest, HasteningMarksNothing) {
  Accept("a");
  ASSERT_EQ(Claim(1).size(), 1u);
  clock_.Advance(-absl::Minutes(1));
  Change(QueueChange::kMakeDue);
  EXPECT_EQ(Answer()->counts.claimed, 1);
  EXPECT_EQ(store_.WaitForKept(), 0u);
  EXPECT_EQ(control_.reopened(), (std::vector<std::string>{"example.com"}));
}

}  // namespace
}  // namespace mailstrom::server
