#include "delivery/order_enforcer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/claim_settler.h"
#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using storage::OrderScope;
using storage::StandingOrder;

StandingOrder Order(StandingOrder::Kind kind, OrderScope::Kind scope, const std::string& value) {
  StandingOrder order;
  order.kind = kind;
  order.scope = {scope, "", value};
  return order;
}

StandingOrder SuspendDomain(const std::string& domain) {
  return Order(StandingOrder::Kind::kSuspend, OrderScope::Kind::kDomain, domain);
}

class OrderEnforcerTest : public testing::Test {
 protected:
  ~OrderEnforcerTest() override { settler_->Stop(); }

  // Claims an email that is accepted for these.
  storage::ClaimedEmail Claim(const std::vector<std::string>& addresses) {
    storage::Email email;
    email.record.email_id = absl::StrCat("email", ++last_email_);
    email.record.accept_time = clock_.Now();
    email.record.expire_time = clock_.Now() + absl::Hours(100);
    for (const std::string& address : addresses) {
      email.recipients.emplace_back().address = address;
      email.recipients.back().next_attempt_time = clock_.Now();
    }
    EXPECT_TRUE(store_.AcceptNow(std::move(email), "x").ok());
    storage::ClaimedEmail claimed;
    store_.ClaimDue(clock_.Now(), 1000, [&](absl::StatusOr<storage::DueWork> work) {
      claimed = std::move(work->emails.at(0));
    });
    loop_.Settle();
    return claimed;
  }

  Parcel MakeParcel(const std::vector<std::string>& addresses) {
    storage::ClaimedEmail claimed = Claim(addresses);
    Parcel parcel;
    parcel.email = claimed.record;
    parcel.site.key = "mx.test";
    for (DomainGroup& group : GroupByDomain(std::move(claimed.recipients)).groups) {
      for (ParcelRecipient& recipient : group.recipients) {
        parcel.recipients.push_back(std::move(recipient));
      }
    }
    return parcel;
  }

  std::vector<Parcel> MakeParcels(int count) {
    std::vector<Parcel> parcels;
    for (int i = 0; i < count; ++i) parcels.push_back(MakeParcel({"a@a.test"}));
    return parcels;
  }

  void SetOrders(std::vector<StandingOrder> orders) {
    enforcer_->SetOrders(std::make_shared<const Orders>(std::move(orders)));
  }

  storage::Recipient Read(int email, int index) {
    return store_.ReadEmailNow(absl::StrCat("email", email))->recipients.at(index);
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  DeterministicRandom random_{1};
  std::shared_ptr<ClaimSettler> settler_ =
      std::make_shared<ClaimSettler>(store_, clock_, loop_.io().get_executor(), [](int) {});
  OutcomeRecorder outcomes_{clock_, random_, settler_, nullptr};
  std::vector<Parcel> enqueued_;
  int dispatches_ = 0;
  std::shared_ptr<OrderEnforcer> enforcer_ = std::make_shared<OrderEnforcer>(
      clock_, loop_.io().get_executor(), outcomes_,
      OrderEnforcer::Hooks{[this](Parcel parcel) { enqueued_.push_back(std::move(parcel)); },
                           [this] { ++dispatches_; }});
  int last_email_ = 0;
};

TEST_F(OrderEnforcerTest, HoldsBackThoseOfAParcelWhomAnOrderSuspends) {
  StandingOrder order = SuspendDomain("held.test");
  order.expire_time = clock_.Now() + absl::Hours(3);
  SetOrders({order});
  Parcel parcel = MakeParcel({"a@held.test", "b@free.test"});
  EXPECT_TRUE(enforcer_->HoldBack(parcel));
  ASSERT_EQ(parcel.recipients.size(), 1u);
  EXPECT_EQ(parcel.recipients[0].forward_path, "b@free.test");
  loop_.Settle();
  EXPECT_TRUE(Read(1, 0).held);
  EXPECT_EQ(Read(1, 0).next_attempt_time, order.expire_time);
  EXPECT_FALSE(Read(1, 1).held);
}

TEST_F(OrderEnforcerTest, SaysWhenNobodyOfAParcelIsLeft) {
  SetOrders({Order(StandingOrder::Kind::kSuspend, OrderScope::Kind::kSite, "mx.test")});
  Parcel parcel = MakeParcel({"a@a.test", "b@b.test"});
  EXPECT_FALSE(enforcer_->HoldBack(parcel));
  loop_.Settle();
  EXPECT_EQ(store_.held, 2);
}

TEST_F(OrderEnforcerTest, HoldsBackDomainsBeforeTheirSitesAreKnown) {
  SetOrders({SuspendDomain("held.test")});
  storage::ClaimedEmail claimed = Claim({"a@held.test", "b@free.test", "c@held.test"});
  const std::vector<DomainGroup> left =
      enforcer_->HoldBack(*claimed.record, GroupByDomain(std::move(claimed.recipients)).groups);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].domain, "free.test");
  loop_.Settle();
  EXPECT_TRUE(Read(1, 0).held);
  EXPECT_FALSE(Read(1, 1).held);
  EXPECT_TRUE(Read(1, 2).held);
}

TEST_F(OrderEnforcerTest, OrderThatIsOverHoldsNobody) {
  StandingOrder order = SuspendDomain("a.test");
  order.expire_time = clock_.Now() + absl::Hours(3);
  SetOrders({order});
  loop_.Advance(absl::Hours(3));
  Parcel parcel = MakeParcel({"a@a.test"});
  EXPECT_TRUE(enforcer_->HoldBack(parcel));
  EXPECT_EQ(parcel.recipients.size(), 1u);
}

TEST_F(OrderEnforcerTest, WhatWaitedIsQueuedAgainSomeAtATime) {
  std::vector<Parcel> waiting = MakeParcels(250);
  SetOrders({SuspendDomain("other.test")});
  enforcer_->Reconsider(std::move(waiting));
  const size_t at_once = enqueued_.size();
  EXPECT_GT(at_once, 0u);
  EXPECT_LT(at_once, 250u) << "the strand is not held up";
  EXPECT_EQ(dispatches_, 1) << "attempts begin meanwhile";
  EXPECT_TRUE(enforcer_->Has("email250", 0));
  EXPECT_FALSE(enforcer_->Has("email1", 0));
  loop_.Settle();
  ASSERT_EQ(enqueued_.size(), 250u);
  EXPECT_EQ(enqueued_.front().email->email_id, "email1");
  EXPECT_EQ(enqueued_.back().email->email_id, "email250");
  EXPECT_FALSE(enforcer_->Has("email250", 0));
  EXPECT_EQ(store_.released, 0);
}

TEST_F(OrderEnforcerTest, WhatMayGoElsewhereIsClaimedAndRoutedAnew) {
  SetOrders({Order(StandingOrder::Kind::kReroute, OrderScope::Kind::kDomain, "a.test")});
  enforcer_->Reconsider(MakeParcels(2));
  loop_.Settle();
  EXPECT_EQ(store_.released, 2);
  // The end of a detour is a change of route, too.
  SetOrders({});
  enforcer_->Reconsider(MakeParcels(1));
  loop_.Settle();
  EXPECT_TRUE(enqueued_.empty());
  EXPECT_EQ(store_.released, 3);
  // What comes after that is not.
  SetOrders({SuspendDomain("other.test")});
  enforcer_->Reconsider(MakeParcels(1));
  loop_.Settle();
  EXPECT_EQ(enqueued_.size(), 1u);
}

TEST_F(OrderEnforcerTest, StopGivesBackWhatWasNotLookedAtYet) {
  enforcer_->Reconsider(MakeParcels(250));
  const size_t before = enqueued_.size();
  enforcer_->Stop();
  EXPECT_FALSE(enforcer_->Has("email250", 0));
  loop_.Settle();
  EXPECT_EQ(enqueued_.size(), before);
  EXPECT_EQ(static_cast<size_t>(store_.released), 250 - before);
}

}  // namespace
}  // namespace mailstrom::delivery
