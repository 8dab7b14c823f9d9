// Thousands of emails for one domain at once.

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

class EngineCrowdTest : public EngineTest {
 protected:
  static constexpr int kCrowd = 400;

  EngineCrowdTest() : crowded_(AddHost("a.test", "mx.a.test", 10, "192.0.2.1")) {
    for (int i = 0; i < kCrowd; ++i) crowd_.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  }

  // Starts, and goes on one step at a time, in which no time passes.
  void RunUntil(const std::function<bool()>& done) {
    engine_ = std::make_unique<Engine>(Options(), store_, clock_, clock_, dns_, connector_, random_,
                                       loop_.io().get_executor());
    engine_->Start();
    loop_.io().restart();
    while (!done()) ASSERT_EQ(loop_.io().poll_one(), 1u) << "nothing is left to do";
  }

  FakeMailHost& crowded_;
  std::vector<std::string> crowd_;
};

TEST_F(EngineCrowdTest, EmailForAnotherDomainIsNotBehindAll) {
  FakeMailHost& other = AddHost("b.test", "mx.b.test", 10, "192.0.2.2");
  Send({"bob@b.test"});
  RunUntil([&] { return !other.mails.empty(); });
  EXPECT_LT(crowded_.mails.size(), 20u);
  loop_.Settle();
  EXPECT_EQ(crowded_.mails.size(), static_cast<size_t>(kCrowd));
}

// What is claimed and waits for its route is given back, and nothing is lost or sent twice.
TEST_F(EngineCrowdTest, DrainInTheMidstOfItGivesBackTheRest) {
  RunUntil([&] { return crowded_.connections > 0; });
  EXPECT_TRUE(Drain(absl::Seconds(10)));
  int queued = 0;
  for (const std::string& id : crowd_) queued += StateOf(id) == RecipientState::kQueued;
  EXPECT_GT(queued, kCrowd / 2);
  EXPECT_EQ(crowded_.mails.size() + queued, static_cast<size_t>(kCrowd));
  int claimable = 0;
  store_.ClaimDue(clock_.Now(), kCrowd, [&](absl::StatusOr<storage::DueWork> work) {
    claimable = static_cast<int>(work->emails.size());
  });
  loop_.Settle();
  EXPECT_EQ(claimable, queued);
}

// A site that is suspended gives back a long queue in pieces, to the last one.
TEST_F(EngineCrowdTest, SuspendedSiteGivesAllBack) {
  connector_.BlackHole("192.0.2.1");
  RunUntil([&] { return store_.content_reads > 0; });
  loop_.Advance(absl::Minutes(2));
  EXPECT_EQ(crowded_.connections, 0);
  int deferred = 0;
  for (const std::string& id : crowd_) deferred += StateOf(id) == RecipientState::kDeferred;
  EXPECT_GT(deferred, 0);
  EXPECT_GE(store_.released, kCrowd - deferred) << "or some stay in its queue";
}

}  // namespace
}  // namespace mailstrom::delivery
