#include "delivery/intake.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

class IntakeTest : public testing::Test {
 protected:
  ~IntakeTest() override { settler_->Stop(); }

  void Accept(const std::vector<std::string>& addresses) {
    storage::Email email;
    email.record.email_id = absl::StrCat("email", ++last_email_);
    email.record.accept_time = clock_.Now();
    email.record.expire_time = clock_.Now() + absl::Hours(1);
    for (const std::string& address : addresses) {
      email.recipients.emplace_back().address = address;
      email.recipients.back().next_attempt_time = clock_.Now();
    }
    ASSERT_TRUE(store_.AcceptNow(std::move(email), "x").ok());
  }

  std::vector<storage::ClaimedEmail> Claim() {
    std::vector<storage::ClaimedEmail> emails;
    store_.ClaimDue(clock_.Now(), 1000, [&](absl::StatusOr<storage::DueWork> work) {
      emails = std::move(work->emails);
    });
    loop_.Settle();
    return emails;
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  DeterministicRandom random_{1};
  std::shared_ptr<ClaimSettler> settler_ =
      std::make_shared<ClaimSettler>(store_, clock_, loop_.io().get_executor(), [](int) {});
  OutcomeRecorder outcomes_{clock_, random_, settler_, nullptr};
  // Domains that were passed on, in order.
  std::vector<std::string> routed_;
  std::vector<std::string> malformed_;
  std::shared_ptr<Intake> intake_ = std::make_shared<Intake>(
      clock_, loop_.io().get_executor(), settler_, outcomes_,
      Intake::Hooks{
          [this](std::shared_ptr<const storage::EmailRecord>, std::vector<DomainGroup> groups) {
            for (const DomainGroup& group : groups) routed_.push_back(group.domain);
          },
          [this](const storage::EmailRecord&, std::vector<storage::ClaimedRecipient> recipients) {
            for (const storage::ClaimedRecipient& recipient : recipients) {
              malformed_.push_back(recipient.recipient.address);
            }
          }});
  int last_email_ = 0;
};

TEST_F(IntakeTest, PassesRecipientsOnByDomain) {
  Accept({"a@a.test", "b@b.test", "c@A.test"});
  intake_->Take(Claim());
  EXPECT_EQ(routed_, (std::vector<std::string>{"a.test", "b.test"}));
  EXPECT_FALSE(intake_->Has("email1", 0));
}

TEST_F(IntakeTest, SetsAsideWhatIsNoAddress) {
  Accept({"nonsense", "b@b.test"});
  intake_->Take(Claim());
  EXPECT_EQ(malformed_, std::vector<std::string>{"nonsense"});
  EXPECT_EQ(routed_, std::vector<std::string>{"b.test"});
}

TEST_F(IntakeTest, ExpiresWhatIsTooLate) {
  Accept({"a@a.test"});
  std::vector<storage::ClaimedEmail> emails = Claim();
  loop_.Advance(absl::Hours(1));
  intake_->Take(std::move(emails));
  loop_.Settle();
  EXPECT_TRUE(routed_.empty());
  EXPECT_EQ(store_.ReadEmailNow("email1")->recipients[0].state, storage::RecipientState::kFailed);
}

TEST_F(IntakeTest, FullWindowIsPassedOnSomeAtATimeAndDomainsTakeTurns) {
  for (int i = 0; i < 250; ++i) Accept({"a@a.test"});
  Accept({"b@b.test"});
  intake_->Take(Claim());
  EXPECT_LT(routed_.size(), 250u) << "the strand is not held up";
  ASSERT_GT(routed_.size(), 1u);
  EXPECT_EQ(routed_[1], "b.test") << "it is not behind all others";
  EXPECT_TRUE(intake_->Has("email250", 0));
  loop_.Settle();
  EXPECT_EQ(routed_.size(), 251u);
}

TEST_F(IntakeTest, StopGivesBackWhatWaitsAndWhatComesLater) {
  Accept({"b@b.test"});
  std::vector<storage::ClaimedEmail> late = Claim();
  for (int i = 0; i < 250; ++i) Accept({"a@a.test"});
  intake_->Take(Claim());
  const size_t before = routed_.size();
  EXPECT_LT(before, 250u);
  intake_->Stop();
  intake_->Take(std::move(late));
  loop_.Settle();
  EXPECT_EQ(routed_.size(), before);
  EXPECT_EQ(static_cast<size_t>(store_.released), 251 - before);
}

}  // namespace
}  // namespace mailstrom::delivery
