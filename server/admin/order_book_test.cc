#include "server/admin/order_book.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
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

using storage::kTestStart;
using storage::OrderScope;
using storage::StandingOrder;

// Refuses to list the queue, or keeps orders waiting, while told so, and tells what was done.
class WatchedStore final : public ForwardingStore {
 public:
  WatchedStore() : ForwardingStore(storage::NewMemoryStore()) {}

  void ListQueue(storage::QueueQuery query, Done<storage::QueuePage> done) override {
    {
      absl::MutexLock lock(&mutex_);
      ++lists_;
      if (refuses_) return done(absl::UnavailableError("no"));
    }
    // Small pages, so that there are several.
    query.page_size = 2;
    ForwardingStore::ListQueue(std::move(query), std::move(done));
  }
  void ChangeQueued(std::vector<storage::RecipientId> recipients, storage::QueueChange change,
                    absl::Time now, Done<storage::ChangedCounts> done) override {
    ForwardingStore::ChangeQueued(
        std::move(recipients), change, now,
        [this, done = std::move(done)](absl::StatusOr<storage::ChangedCounts> counts) mutable {
          done(std::move(counts));
          absl::MutexLock lock(&mutex_);
          ++changes_;
        });
  }
  void PutOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) override {
    {
      absl::MutexLock lock(&mutex_);
      if (keeps_waiting_) {
        waiting_.emplace_back(std::move(order), std::move(done));
        return;
      }
    }
    ForwardingStore::PutOrder(std::move(order), std::move(done));
  }
  void DropOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) override {
    ForwardingStore::DropOrder(std::move(order),
                               [this, done = std::move(done)](absl::Status status) mutable {
                                 done(std::move(status));
                                 absl::MutexLock lock(&mutex_);
                                 ++drops_;
                               });
  }
  void AddListener(storage::StoreListener* listener) override {
    listener_ = listener;
    ForwardingStore::AddListener(listener);
  }

  void Refuse(bool refuses) {
    absl::MutexLock lock(&mutex_);
    refuses_ = refuses;
  }
  void KeepOrdersWaiting() {
    absl::MutexLock lock(&mutex_);
    keeps_waiting_ = true;
  }
  void TakeWaitingOrders() {
    decltype(waiting_) waiting;
    {
      absl::MutexLock lock(&mutex_);
      keeps_waiting_ = false;
      waiting.swap(waiting_);
    }
    for (auto& [order, done] : waiting) {
      ForwardingStore::PutOrder(std::move(order), std::move(done));
    }
  }
  void Recover() { listener_->OnHealth(absl::OkStatus()); }
  void WaitForDrops(int count) { WaitFor(drops_, count); }
  void WaitForLists(int count) { WaitFor(lists_, count); }
  void WaitForChanges(int count) { WaitFor(changes_, count); }

 private:
  void WaitFor(const int& done, int count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return done >= count; };
    mutex_.Await(absl::Condition(&enough));
  }

  storage::StoreListener* listener_ = nullptr;
  absl::Mutex mutex_;
  bool refuses_ ABSL_GUARDED_BY(mutex_) = false;
  bool keeps_waiting_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::pair<StandingOrder, absl::AnyInvocable<void(absl::Status)>>> waiting_
      ABSL_GUARDED_BY(mutex_);
  // Calls that were answered, but for lists_: that were made. Guarded by mutex_.
  int lists_ = 0;
  int changes_ = 0;
  int drops_ = 0;
};

class OrderBookTest : public testing::Test {
 protected:
  OrderBookTest() { Reopen(); }

  void Reopen() {
    book_.reset();
    book_.emplace(store_, control_, clock_);
    ASSERT_TRUE(book_->Load().ok());
  }

  static StandingOrder Suspend(const std::string& domain) {
    StandingOrder order;
    order.scope = {OrderScope::Kind::kDomain, "", domain};
    order.create_time = kTestStart;
    return order;
  }
  // For an hour from the start.
  static StandingOrder SuspendForAnHour(const std::string& domain) {
    StandingOrder order = Suspend(domain);
    order.expire_time = kTestStart + absl::Hours(1);
    return order;
  }

  absl::Status Put(StandingOrder order) {
    return Await([&](OrderBook::Done done) { book_->Put(std::move(order), std::move(done)); });
  }
  absl::Status TakeBack(StandingOrder order) {
    return Await([&](OrderBook::Done done) { book_->TakeBack(std::move(order), std::move(done)); });
  }

  bool IsSuspended(const std::string& domain) {
    const storage::EmailRecord email;
    return control_.orders()->FindSuspension({email, domain}, clock_.Now()) != nullptr;
  }

  // As many orders as the store keeps.
  void FillBook() {
    for (size_t i = 0; i < storage::kMaxOrders; ++i) {
      ASSERT_TRUE(blocking_.PutOrder(SuspendForAnHour(absl::StrCat(i, ".test"))).ok());
    }
    Reopen();
  }

  // Accepts emails to `domain` and holds them as delivery would: until `due_time`.
  std::vector<std::string> HoldEmails(const std::string& domain, int count,
                                      absl::Time due_time = kTestStart + absl::Hours(100)) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
      storage::Email email =
          storage::TestEmail(absl::StrCat(domain, absl::ToUnixSeconds(due_time), "-", i));
      email.recipients[0].address = absl::StrCat("x@", domain);
      ids.push_back(email.record.email_id);
      EXPECT_TRUE(blocking_.Accept(std::move(email), "").ok());
    }
    std::vector<storage::Claim> claims;
    for (const auto& claimed : storage::AllOf(blocking_.ClaimDue(kTestStart, count).value())) {
      claims.push_back(claimed.claim);
    }
    EXPECT_EQ(claims.size(), ids.size());
    EXPECT_TRUE(blocking_.Hold(std::move(claims), due_time).ok());
    return ids;
  }

  int CountHeld() {
    int held = 0;
    storage::QueueQuery query;
    query.held = true;
    while (true) {
      const storage::QueuePage page = blocking_.ListQueue(query).value();
      held += static_cast<int>(page.recipients.size());
      if (page.next.empty()) return held;
      query.after = page.next;
    }
  }

  template <typename Call>
  static absl::Status Await(Call call) {
    absl::Status status;
    absl::Notification done;
    call([&](absl::Status answer) {
      status = std::move(answer);
      done.Notify();
    });
    done.WaitForNotification();
    return status;
  }

  FakeClock clock_{kTestStart};
  WatchedStore store_;
  storage::BlockingStore blocking_{store_};
  FakeControl control_;
  std::optional<OrderBook> book_;
};

TEST_F(OrderBookTest, AnOrderIsInForceAndOutlivesARestart) {
  ASSERT_TRUE(Put(Suspend("a.test")).ok());
  EXPECT_TRUE(IsSuspended("a.test"));
  EXPECT_FALSE(IsSuspended("b.test"));
  Reopen();
  EXPECT_TRUE(IsSuspended("a.test"));
  ASSERT_EQ(book_->List(StandingOrder::Kind::kSuspend).size(), 1u);
  EXPECT_TRUE(book_->List(StandingOrder::Kind::kReroute).empty());
}

TEST_F(OrderBookTest, ResumingLetsGoOfAllThatIsHeldInItsScope) {
  ASSERT_TRUE(Put(Suspend("a.test")).ok());
  const std::vector<std::string> ids = HoldEmails("a.test", 7);
  HoldEmails("b.test", 2);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(TakeBack(Suspend("a.test")).ok());
  EXPECT_FALSE(IsSuspended("a.test"));
  store_.WaitForDrops(1);
  EXPECT_EQ(CountHeld(), 2);
  for (const std::string& id : ids) {
    EXPECT_EQ(blocking_.ReadEmail(id)->recipients[0].next_attempt_time, clock_.Now()) << id;
  }
  EXPECT_TRUE(book_->List(StandingOrder::Kind::kSuspend).empty());
  EXPECT_TRUE(blocking_.ListOrders()->empty());
  EXPECT_TRUE(absl::IsNotFound(TakeBack(Suspend("a.test"))));
}

TEST_F(OrderBookTest, LettingGoGoesOnAfterARestart) {
  ASSERT_TRUE(Put(Suspend("a.test")).ok());
  HoldEmails("a.test", 5);
  store_.Refuse(true);
  ASSERT_TRUE(TakeBack(Suspend("a.test")).ok());
  store_.WaitForLists(1);
  ASSERT_EQ(book_->List(StandingOrder::Kind::kSuspend).size(), 1u);
  EXPECT_TRUE(book_->List(StandingOrder::Kind::kSuspend)[0].lifted);
  EXPECT_FALSE(IsSuspended("a.test"));
  store_.Refuse(false);
  Reopen();
  store_.WaitForDrops(1);
  EXPECT_EQ(CountHeld(), 0);
}

TEST_F(OrderBookTest, LettingGoGoesOnWhenTheStoreWorksAgain) {
  ASSERT_TRUE(Put(Suspend("a.test")).ok());
  HoldEmails("a.test", 5);
  store_.Refuse(true);
  ASSERT_TRUE(TakeBack(Suspend("a.test")).ok());
  store_.WaitForLists(1);
  store_.Refuse(false);
  store_.Recover();
  store_.WaitForDrops(1);
  EXPECT_EQ(CountHeld(), 0);
}

TEST_F(OrderBookTest, ANewOrderInThePlaceOfALiftedOneStays) {
  ASSERT_TRUE(Put(Suspend("a.test")).ok());
  HoldEmails("a.test", 3);
  store_.Refuse(true);
  ASSERT_TRUE(TakeBack(Suspend("a.test")).ok());
  store_.WaitForLists(1);
  ASSERT_TRUE(Put(Suspend("a.test")).ok());
  EXPECT_TRUE(IsSuspended("a.test"));
  store_.WaitForLists(2);
  store_.Refuse(false);
  Reopen();
  EXPECT_TRUE(IsSuspended("a.test"));
}

TEST_F(OrderBookTest, OrdersThatAreOverAreForgotten) {
  StandingOrder order = Suspend("a.test");
  order.expire_time = clock_.Now() + absl::Hours(1);
  ASSERT_TRUE(Put(order).ok());
  clock_.Advance(absl::Hours(2));
  EXPECT_FALSE(IsSuspended("a.test"));
  EXPECT_TRUE(book_->List(StandingOrder::Kind::kSuspend).empty());
  EXPECT_TRUE(absl::IsNotFound(TakeBack(order)));
  ASSERT_TRUE(Put(Suspend("b.test")).ok());
  store_.WaitForDrops(1);
  EXPECT_EQ(blocking_.ListOrders()->size(), 1u);
}

TEST_F(OrderBookTest, AnOrderThatWasRenewedIsNotForgottenWithTheOneBefore) {
  ASSERT_TRUE(Put(SuspendForAnHour("a.test")).ok());
  ASSERT_TRUE(Put(SuspendForAnHour("b.test")).ok());
  clock_.Advance(absl::Hours(2));
  store_.KeepOrdersWaiting();
  absl::Notification renewed_a;
  absl::Notification renewed_b;
  book_->Put(Suspend("a.test"), [&](const absl::Status& status) {
    EXPECT_TRUE(status.ok());
    renewed_a.Notify();
  });
  book_->Put(Suspend("b.test"), [&](const absl::Status& status) {
    EXPECT_TRUE(status.ok());
    renewed_b.Notify();
  });
  store_.TakeWaitingOrders();
  renewed_a.WaitForNotification();
  renewed_b.WaitForNotification();
  // Comes after all that the others have set going.
  ASSERT_TRUE(Put(Suspend("c.test")).ok());
  EXPECT_TRUE(IsSuspended("b.test"));
  EXPECT_EQ(book_->List(StandingOrder::Kind::kSuspend).size(), 3u);
  Reopen();
  EXPECT_TRUE(IsSuspended("a.test"));
  EXPECT_TRUE(IsSuspended("b.test"));
  EXPECT_TRUE(IsSuspended("c.test"));
}

TEST_F(OrderBookTest, OrdersThatAreOverMakeRoom) {
  FillBook();
  EXPECT_TRUE(absl::IsResourceExhausted(Put(Suspend("new.test"))));
  EXPECT_FALSE(IsSuspended("new.test"));
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(Put(Suspend("new.test")).ok());
  EXPECT_TRUE(IsSuspended("new.test"));
  store_.WaitForDrops(static_cast<int>(storage::kMaxOrders));
  EXPECT_EQ(blocking_.ListOrders()->size(), 1u);
}

TEST_F(OrderBookTest, ARerouteThatIsOverMakesRoom) {
  StandingOrder reroute = SuspendForAnHour("a.test");
  reroute.kind = StandingOrder::Kind::kReroute;
  reroute.host = "spare.test";
  ASSERT_TRUE(Put(reroute).ok());
  for (size_t i = 1; i < storage::kMaxOrders; ++i) {
    ASSERT_TRUE(blocking_.PutOrder(Suspend(absl::StrCat(i, ".test"))).ok());
  }
  Reopen();
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(Put(Suspend("new.test")).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Put(Suspend("newer.test"))));
}

TEST_F(OrderBookTest, NoRoomIsMadeByForgettingWhatStillHoldsMail) {
  FillBook();
  HoldEmails("0.test", 3);
  clock_.Advance(absl::Hours(1));
  store_.Refuse(true);
  EXPECT_TRUE(absl::IsUnavailable(Put(Suspend("new.test"))));
  EXPECT_EQ(blocking_.ListOrders()->size(), storage::kMaxOrders);
  store_.Refuse(false);
  EXPECT_TRUE(Put(Suspend("new.test")).ok());
  store_.WaitForDrops(static_cast<int>(storage::kMaxOrders));
  EXPECT_EQ(CountHeld(), 0);
}

TEST_F(OrderBookTest, OrdersThatAreOverAreForgottenAtTheStart) {
  ASSERT_TRUE(Put(SuspendForAnHour("a.test")).ok());
  ASSERT_TRUE(Put(Suspend("b.test")).ok());
  clock_.Advance(absl::Hours(1));
  Reopen();
  store_.WaitForDrops(1);
  ASSERT_EQ(blocking_.ListOrders()->size(), 1u);
  EXPECT_EQ(blocking_.ListOrders()->front().scope.value, "b.test");
}

// A suspension without end was shortened, and the store refused to let go of what it holds.
class ShortenedSuspensionTest : public OrderBookTest {
 protected:
  ShortenedSuspensionTest() {
    EXPECT_TRUE(Put(Suspend("a.test")).ok());
    HoldEmails("a.test", 5);
    store_.Refuse(true);
    EXPECT_TRUE(Put(SuspendForAnHour("a.test")).ok());
    store_.WaitForLists(1);
    store_.Refuse(false);
  }
};

TEST_F(ShortenedSuspensionTest, IsLetGoWhenTheStoreWorksAgain) {
  store_.Recover();
  store_.WaitForChanges(3);
  EXPECT_EQ(CountHeld(), 0);
  EXPECT_TRUE(IsSuspended("a.test"));
}

TEST_F(ShortenedSuspensionTest, IsLetGoAfterARestart) {
  Reopen();
  store_.WaitForChanges(3);
  EXPECT_EQ(CountHeld(), 0);
  EXPECT_TRUE(IsSuspended("a.test"));
}

TEST_F(ShortenedSuspensionTest, IsLetGoBeforeItIsForgotten) {
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(Put(Suspend("b.test")).ok());
  store_.WaitForDrops(1);
  EXPECT_EQ(CountHeld(), 0);
  EXPECT_EQ(blocking_.ListOrders()->size(), 1u);
}

TEST_F(OrderBookTest, WhatIsHeldNoLongerThanItsSuspensionStays) {
  ASSERT_TRUE(Put(SuspendForAnHour("a.test")).ok());
  HoldEmails("a.test", 4, kTestStart + absl::Hours(1));
  HoldEmails("a.test", 1, kTestStart + absl::Hours(2));
  store_.Recover();
  store_.WaitForChanges(1);
  EXPECT_EQ(CountHeld(), 4);
}

TEST_F(OrderBookTest, ARerouteIsTakenBackAtOnce) {
  StandingOrder order = Suspend("a.test");
  order.kind = StandingOrder::Kind::kReroute;
  order.host = "spare.test";
  ASSERT_TRUE(Put(order).ok());
  const storage::EmailRecord email;
  EXPECT_EQ(control_.orders()->FindReroute({email, "a.test"}, clock_.Now())->host, "spare.test");
  EXPECT_TRUE(absl::IsNotFound(TakeBack(Suspend("a.test")))) << "of another kind";
  ASSERT_TRUE(TakeBack(order).ok());
  EXPECT_EQ(control_.orders()->FindReroute({email, "a.test"}, clock_.Now()), nullptr);
  EXPECT_TRUE(blocking_.ListOrders()->empty());
}

}  // namespace
}  // namespace mailstrom::server
