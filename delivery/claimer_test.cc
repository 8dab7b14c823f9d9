#include "delivery/claimer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

class ClaimerTest : public testing::Test {
 protected:
  ~ClaimerTest() override { claimer_->Stop(); }

  void Accept(absl::Duration delay, int recipients = 1) {
    storage::Email email;
    email.record.email_id = absl::StrCat("email", ++last_email_);
    email.record.accept_time = clock_.Now();
    email.record.expire_time = clock_.Now() + absl::Hours(100);
    email.recipients.resize(recipients);
    for (storage::Recipient& recipient : email.recipients) {
      recipient.address = "a@b.test";
      recipient.next_attempt_time = clock_.Now() + delay;
    }
    ASSERT_TRUE(store_.AcceptNow(std::move(email), "x").ok());
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  int room_ = 1000000;
  // Recipients claimed, and when.
  std::vector<absl::Time> taken_;
  std::shared_ptr<Claimer> claimer_ = std::make_shared<Claimer>(
      store_, clock_, clock_, loop_.io().get_executor(),
      Claimer::Hooks{[this] { return room_ - static_cast<int>(taken_.size()); },
                     [this](std::vector<storage::ClaimedEmail> emails) {
                       for (const storage::ClaimedEmail& email : emails) {
                         taken_.resize(taken_.size() + email.recipients.size(), clock_.Now());
                       }
                     }});
  int last_email_ = 0;
};

TEST_F(ClaimerTest, ClaimsWhatIsDueAtTheStart) {
  Accept(absl::ZeroDuration(), 3);
  claimer_->Start();
  loop_.Settle();
  EXPECT_EQ(taken_.size(), 3u);
}

TEST_F(ClaimerTest, ClaimsWhatBecomesDueExactlyThen) {
  claimer_->Start();
  Accept(absl::Hours(2));
  Accept(absl::Hours(1));
  const absl::Time start = clock_.Now();
  loop_.Advance(absl::Hours(3));
  EXPECT_EQ(taken_, (std::vector<absl::Time>{start + absl::Hours(1), start + absl::Hours(2)}));
}

TEST_F(ClaimerTest, HearsOfNewWork) {
  claimer_->Start();
  loop_.Advance(absl::Hours(1));
  const int claims = store_.claims;
  Accept(absl::ZeroDuration());
  loop_.Settle();
  EXPECT_EQ(taken_.size(), 1u);
  EXPECT_LE(store_.claims, claims + 2);
}

TEST_F(ClaimerTest, SleepsWhileNothingIsDue) {
  claimer_->Start();
  Accept(absl::Hours(100));
  loop_.Advance(absl::Hours(1));
  EXPECT_LE(store_.claims, 2);
}

TEST_F(ClaimerTest, StaysWithinTheRoom) {
  room_ = 5;
  for (int i = 0; i < 10; ++i) Accept(absl::ZeroDuration(), 2);
  claimer_->Start();
  loop_.Settle();
  EXPECT_EQ(taken_.size(), 5u);
  loop_.Advance(absl::Hours(1));
  EXPECT_EQ(taken_.size(), 5u);
  room_ = 12;
  claimer_->Poke();
  loop_.Settle();
  EXPECT_EQ(taken_.size(), 12u);
}

TEST_F(ClaimerTest, ComesBackToAStoreThatRefuses) {
  Accept(absl::ZeroDuration());
  store_.claim_status = absl::UnavailableError("down");
  claimer_->Start();
  loop_.Advance(absl::Hours(1));
  EXPECT_GT(store_.claims, 100);
  EXPECT_LT(store_.claims, 140);
  store_.claim_status = absl::OkStatus();
  loop_.Advance(absl::Seconds(31));
  EXPECT_EQ(taken_.size(), 1u);
}

TEST_F(ClaimerTest, StopLeavesNothingBehind) {
  Accept(absl::Hours(1));
  claimer_->Start();
  loop_.Settle();
  claimer_->Stop();
  EXPECT_EQ(clock_.alarm_count(), 0u);
  Accept(absl::ZeroDuration());
  loop_.Advance(absl::Hours(2));
  EXPECT_TRUE(taken_.empty());
}

TEST_F(ClaimerTest, ClaimUnderWayIsStillHandedOver) {
  Accept(absl::ZeroDuration());
  claimer_->Start();
  EXPECT_TRUE(claimer_->claiming());
  claimer_->Stop();
  loop_.Settle();
  EXPECT_EQ(taken_.size(), 1u);
  EXPECT_FALSE(claimer_->claiming());
}

}  // namespace
}  // namespace mailstrom::delivery
