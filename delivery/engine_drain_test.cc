// How an engine stops.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST_F(EngineTest, DrainWithNothingToDoIsQuick) {
  StartEngine();
  const absl::Time start = clock_.Now();
  EXPECT_TRUE(Drain(absl::Minutes(1)));
  EXPECT_EQ(clock_.Now(), start);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(EngineTest, DrainLetsAttemptsFinish) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  dns_.AddMx("slow.test", 10, "mx.slow.test");
  dns_.AddAddress("mx.slow.test", "192.0.2.7");
  connector_.AddScript("192.0.2.7")
      .Reply("220 slow")
      .Expect("EHLO me.test")
      .Wait(absl::Seconds(20))
      .Reply("250 slow")
      .Expect("MAIL FROM:<sender@me.test>")
      .Reply("250 ok")
      .Expect("RCPT TO:<bob@slow.test>")
      .Reply("250 ok")
      .Expect("DATA")
      .Reply("354 go")
      .ExpectMessage("Subject: hello\r\n\r\n..dot\r\ntext\r\n")
      .Reply("250 taken")
      .Expect("QUIT")
      .Reply("221 bye");
  StartEngine();
  const std::string slow = Send({"bob@slow.test"});
  loop_.Settle();
  auto done = std::make_shared<bool>(false);
  drained_ = true;
  engine_->Drain(absl::Minutes(1), [done] { *done = true; });
  loop_.Settle();
  EXPECT_FALSE(*done);
  const std::string late = Send({"ann@a.test"});
  loop_.Advance(absl::Seconds(30));
  EXPECT_TRUE(*done);
  EXPECT_EQ(connector_.ScriptErrors(), "");
  EXPECT_EQ(StateOf(slow), RecipientState::kDelivered);
  EXPECT_EQ(StateOf(late), RecipientState::kQueued);
  EXPECT_TRUE(host.mails.empty());
}

TEST_F(EngineTest, DrainCutsOffAtTheDeadline) {
  FakeMailHost& dot = AddHost("dot.test", "mx.dot.test", 10, "192.0.2.1");
  FakeMailHost& rcpt = AddHost("rcpt.test", "mx.rcpt.test", 10, "192.0.2.2");
  // Neither answers: one stands after the final dot, the other before.
  dot.on_message = [](const FakeMailHost::Mail&) { return FakeMailHost::kSilence; };
  rcpt.on_rcpt = [](const std::string&) { return FakeMailHost::kSilence; };
  dns_.AddMx("hole.test", 10, "mx.hole.test");
  dns_.AddAddress("mx.hole.test", "192.0.2.3");
  connector_.BlackHole("192.0.2.3");
  StartEngine();
  const std::string in_doubt = Send({"ann@dot.test"});
  const std::string untold = Send({"bob@rcpt.test"});
  const std::string unconnected = Send({"carl@hole.test"});
  loop_.Settle();
  const absl::Time start = clock_.Now();
  EXPECT_TRUE(Drain(absl::Seconds(10)));
  EXPECT_LE(clock_.Now(), start + absl::Seconds(11));
  EXPECT_EQ(StateOf(in_doubt), RecipientState::kDeferred);
  EXPECT_TRUE(Read(in_doubt).in_doubt);
  EXPECT_EQ(History(untold), std::vector<RecipientState>{RecipientState::kQueued});
  EXPECT_EQ(History(unconnected), std::vector<RecipientState>{RecipientState::kQueued});
  engine_.reset();
  loop_.Advance(absl::Hours(3));
  EXPECT_EQ(History(unconnected), std::vector<RecipientState>{RecipientState::kQueued});
}

TEST_F(EngineTest, DrainGivesBackWhatWaits) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return FakeMailHost::kSilence; };
  EngineOptions options = Options();
  options.limits.connections_per_site = 1;
  StartEngine(options);
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(Send({absl::StrCat("user", i, "@a.test")}));
  loop_.Settle();
  EXPECT_TRUE(Drain(absl::Seconds(10)));
  EXPECT_EQ(store_.released, 10);
  for (const std::string& id : ids) {
    EXPECT_EQ(History(id), std::vector<RecipientState>{RecipientState::kQueued});
  }
}

TEST_F(EngineTest, DrainGivesUpOnAStoreThatRefuses) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  store_.record_status = absl::UnavailableError("disk full");
  Send({"ann@a.test"});
  loop_.Settle();
  const absl::Time start = clock_.Now();
  EXPECT_TRUE(Drain(absl::Seconds(10)));
  EXPECT_LE(clock_.Now(), start + absl::Seconds(16));
}

TEST_F(EngineTest, MayBeDestroyedInTheMidstOfThings) {
  dns_.AddMx("hole.test", 10, "mx.hole.test");
  dns_.AddAddress("mx.hole.test", "192.0.2.3");
  connector_.BlackHole("192.0.2.3");
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  Send({"carl@hole.test"});
  Send({"ann@a.test"});
  loop_.Settle();
  engine_.reset();
}

}  // namespace
}  // namespace mailstrom::delivery
