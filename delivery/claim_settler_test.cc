#include "delivery/claim_settler.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using storage::RecipientState;

class ClaimSettlerTest : public testing::Test {
 protected:
  // Accepts an email and claims its only recipient.
  storage::ClaimedRecipient Claim() {
    storage::Email email;
    email.record.email_id = absl::StrCat("email", ++last_email_);
    email.record.accept_time = clock_.Now();
    email.record.expire_time = clock_.Now() + absl::Hours(1);
    email.recipients.resize(1);
    email.recipients[0].address = "a@b.test";
    email.recipients[0].next_attempt_time = clock_.Now();
    EXPECT_TRUE(store_.AcceptNow(std::move(email), "x").ok());
    storage::ClaimedRecipient claimed;
    bool done = false;
    store_.ClaimDue(clock_.Now(), 1, [&](absl::StatusOr<storage::DueWork> work) {
      claimed = work->emails.at(0).recipients.at(0);
      done = true;
    });
    loop_.Settle();
    EXPECT_TRUE(done);
    return claimed;
  }

  storage::Outcome Delivered(storage::ClaimedRecipient claimed) {
    claimed.recipient.state = RecipientState::kDelivered;
    claimed.recipient.attempt_count = 1;
    return {claimed.claim, claimed.recipient, clock_.Now()};
  }

  RecipientState StateOf(const storage::Outcome& outcome) {
    return store_.ReadEmailNow(outcome.claim.email_id)->recipients[0].state;
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  int settled_ = 0;
  std::shared_ptr<ClaimSettler> settler_ = std::make_shared<ClaimSettler>(
      store_, clock_, loop_.io().get_executor(), [this](int claims) { settled_ += claims; });
  int last_email_ = 0;
};

TEST_F(ClaimSettlerTest, RecordsWhatComesMeanwhileInOneBatch) {
  std::vector<storage::Outcome> outcomes;
  for (int i = 0; i < 10; ++i) outcomes.push_back(Delivered(Claim()));
  for (const storage::Outcome& outcome : outcomes) settler_->Record({outcome});
  EXPECT_EQ(settler_->pending(), 10u);
  loop_.Settle();
  EXPECT_EQ(store_.records, 2);
  EXPECT_EQ(settled_, 10);
  EXPECT_EQ(settler_->pending(), 0u);
  for (const storage::Outcome& outcome : outcomes) {
    EXPECT_EQ(StateOf(outcome), RecipientState::kDelivered);
  }
}

TEST_F(ClaimSettlerTest, KeepsAskingWithGrowingPauses) {
  const storage::Outcome outcome = Delivered(Claim());
  store_.record_status = absl::UnavailableError("disk full");
  settler_->Record({outcome});
  loop_.Settle();
  EXPECT_TRUE(settler_->failing());
  loop_.Advance(absl::Hours(1));
  EXPECT_GT(store_.records, 100);
  EXPECT_LT(store_.records, 140);
  EXPECT_EQ(settled_, 0);
  store_.record_status = absl::OkStatus();
  loop_.Advance(absl::Seconds(31));
  EXPECT_FALSE(settler_->failing());
  EXPECT_EQ(settled_, 1);
  EXPECT_EQ(StateOf(outcome), RecipientState::kDelivered);
}

TEST_F(ClaimSettlerTest, LostClaimDoesNotSpoilTheBatch) {
  storage::Outcome good = Delivered(Claim());
  storage::Outcome lost = Delivered(Claim());
  storage::Outcome also_good = Delivered(Claim());
  lost.claim.fence += 1000;
  settler_->Record({good, lost, also_good});
  loop_.Settle();
  EXPECT_EQ(StateOf(good), RecipientState::kDelivered);
  EXPECT_EQ(StateOf(lost), RecipientState::kQueued);
  EXPECT_EQ(StateOf(also_good), RecipientState::kDelivered);
  EXPECT_EQ(settled_, 3);
  EXPECT_FALSE(settler_->failing());
}

TEST_F(ClaimSettlerTest, GivesClaimsBackForLater) {
  const storage::ClaimedRecipient claimed = Claim();
  const absl::Time due = clock_.Now() + absl::Milliseconds(2500);
  settler_->Release({claimed.claim}, due);
  loop_.Settle();
  EXPECT_EQ(settled_, 1);
  absl::Time next_due;
  store_.ClaimDue(clock_.Now(), 10,
                  [&](absl::StatusOr<storage::DueWork> work) { next_due = work->next_due; });
  loop_.Settle();
  EXPECT_EQ(next_due, clock_.Now() + absl::Seconds(3));
}

// What comes for the same second while the store takes a batch waits for the next one.
TEST_F(ClaimSettlerTest, ReleasesWhatComesMeanwhileToo) {
  const std::vector<storage::ClaimedRecipient> claimed = {Claim(), Claim(), Claim()};
  for (const storage::ClaimedRecipient& each : claimed) {
    settler_->Release({each.claim}, clock_.Now());
  }
  EXPECT_EQ(settler_->pending(), 3u);
  loop_.Settle();
  EXPECT_EQ(settled_, 3);
  EXPECT_EQ(store_.released, 3);
  EXPECT_EQ(settler_->pending(), 0u);
}

// What an order held that was lifted meanwhile must not come to be held after all.
TEST_F(ClaimSettlerTest, UndoesHoldsThatAreNotOnTheirWay) {
  const std::vector<storage::ClaimedRecipient> claimed = {Claim(), Claim(), Claim()};
  const absl::Time due = clock_.Now() + absl::Hours(1);
  // The first is on its way, the others wait behind it.
  for (const storage::ClaimedRecipient& each : claimed) settler_->Hold({each.claim}, due);
  bool undone = false;
  settler_->UndoHolds([&] { undone = true; });
  EXPECT_FALSE(undone);
  loop_.Settle();
  EXPECT_TRUE(undone);
  EXPECT_EQ(settled_, 3);
  for (size_t i = 0; i < claimed.size(); ++i) {
    const storage::Recipient recipient =
        store_.ReadEmailNow(claimed[i].claim.email_id)->recipients[0];
    EXPECT_EQ(recipient.held, i == 0);
    EXPECT_EQ(recipient.next_attempt_time, i == 0 ? due : clock_.Now());
  }
}

TEST_F(ClaimSettlerTest, UndoesHoldsThatTheStoreRefused) {
  store_.release_status = absl::UnavailableError("down");
  const storage::ClaimedRecipient claimed = Claim();
  settler_->Hold({claimed.claim}, clock_.Now() + absl::Hours(1));
  bool undone = false;
  settler_->UndoHolds([&] { undone = true; });
  loop_.Settle();
  EXPECT_TRUE(undone);
  settler_->UndoHolds([] {});
  store_.release_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(settled_, 1);
  EXPECT_FALSE(store_.ReadEmailNow(claimed.claim.email_id)->recipients[0].held);
}

TEST_F(ClaimSettlerTest, ReleaseIsTriedAgainToo) {
  store_.release_status = absl::UnavailableError("down");
  settler_->Release({Claim().claim}, clock_.Now());
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(settled_, 0);
  store_.release_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(settled_, 1);
  EXPECT_EQ(store_.released, 1);
}

TEST_F(ClaimSettlerTest, OutcomesGoFirst) {
  const storage::ClaimedRecipient released = Claim();
  const storage::Outcome first = Delivered(Claim());
  const storage::Outcome second = Delivered(Claim());
  settler_->Record({first});
  settler_->Release({released.claim}, clock_.Now());
  settler_->Record({second});
  store_.release_status = absl::UnavailableError("down");
  loop_.Settle();
  EXPECT_EQ(StateOf(second), RecipientState::kDelivered);
}

TEST_F(ClaimSettlerTest, StopLeavesNothingBehind) {
  store_.record_status = absl::UnavailableError("down");
  settler_->Record({Delivered(Claim())});
  loop_.Settle();
  settler_->Stop();
  EXPECT_EQ(clock_.alarm_count(), 0u);
  EXPECT_EQ(settler_->pending(), 1u);
}

}  // namespace
}  // namespace mailstrom::delivery
