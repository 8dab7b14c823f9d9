// What is asked of the store, and what happens while it does not give it.

#include <string>

#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST_F(EngineTest, ContentIsReadOnceForAllSites) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  AddHost("b.test", "mx.b.test", 10, "192.0.2.2");
  AddHost("c.test", "mx.c.test", 10, "192.0.2.3");
  StartEngine();
  const std::string id = Send({"a@a.test", "b@b.test", "c@c.test"});
  loop_.Settle();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(StateOf(id, i), RecipientState::kDelivered);
  EXPECT_EQ(store_.content_reads, 1);
}

TEST_F(EngineTest, OutcomeIsKeptUntilTheStoreTakesIt) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  store_.record_status = absl::UnavailableError("disk full");
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(StateOf(id), RecipientState::kQueued);
  EXPECT_EQ(host.mails.size(), 1u);
  const std::string later = Send({"bob@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(host.mails.size(), 1u) << "delivery pauses while outcomes cannot be recorded";
  EXPECT_LT(store_.records, 60) << "and the store is not asked in a hot loop";
  store_.record_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(StateOf(later), RecipientState::kDelivered);
  EXPECT_EQ(host.mails.size(), 2u);
}

TEST_F(EngineTest, NothingIsSentWhileTheStoreIsUnhealthy) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  // Known from others' calls, before any outcome is refused.
  store_.SetHealth(absl::UnavailableError("disk full"));
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_EQ(host.mails.size(), 0u);
  store_.SetHealth(absl::OkStatus());
  loop_.Settle();
  EXPECT_EQ(host.mails.size(), 1u);
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, GoesOnWhenTheStoreHandsOutWorkAgain) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  store_.claim_status = absl::UnavailableError("down");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(10));
  EXPECT_LT(store_.claims, 60);
  store_.claim_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineTest, UnreadableMessageIsTriedAgain) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  store_.content_status = absl::UnavailableError("down");
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(StateOf(id), RecipientState::kQueued);
  EXPECT_EQ(Read(id).attempt_count, 0);
  store_.content_status = absl::OkStatus();
  loop_.Advance(absl::Minutes(2));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(host.mails.size(), 1u);
}

}  // namespace
}  // namespace mailstrom::delivery
