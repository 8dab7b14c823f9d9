#include "delivery/session_closer.h"

#include <memory>
#include <string>
#include <utility>

#include "delivery/fake_mail_host.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/memory_stream.h"
#include "tests/fakes/scripted_peer.h"

namespace mailstrom::delivery {
namespace {

class SessionCloserTest : public testing::Test {
 protected:
  std::unique_ptr<smtp::Session> Open(std::shared_ptr<MemoryPeer> peer) {
    smtp::SessionOptions options;
    options.hello_name = "me.test";
    auto session = std::make_unique<smtp::Session>(
        clock_, std::make_unique<MemoryStream>(clock_, std::move(peer)), options);
    EXPECT_FALSE(loop_.Run(session->Open())->has_value());
    return session;
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  FakeMailHost host_{clock_};
  int closed_ = 0;
  SessionCloser closer_{loop_.io().get_executor(), [this](const std::string&) { ++closed_; }};
};

TEST_F(SessionCloserTest, SaysGoodbye) {
  auto peer = std::make_shared<ScriptedPeer>(clock_);
  peer->Greet("me.test").Expect("QUIT").Reply("221 bye").ExpectClose();
  closer_.Close(Open(peer), "a");
  EXPECT_EQ(closer_.size(), 1u);
  loop_.Settle();
  EXPECT_TRUE(peer->done()) << peer->position();
  EXPECT_EQ(closer_.size(), 0u);
  EXPECT_EQ(closed_, 1);
}

TEST_F(SessionCloserTest, CountsForEachSite) {
  auto peer = std::make_shared<ScriptedPeer>(clock_);
  peer->Greet("me.test").Stall();
  closer_.Close(Open(peer), "a");
  closer_.Close(Open(host_.Connect()), "b");
  loop_.Settle();
  EXPECT_EQ(closer_.count("a"), 1);
  EXPECT_EQ(closer_.count("b"), 0);
  closer_.AbortAll();
  loop_.Settle();
  EXPECT_EQ(closer_.count("a"), 0);
}

TEST_F(SessionCloserTest, DropsWhatIsNotUsable) {
  auto session = Open(host_.Connect());
  session->Abort();
  closer_.Close(std::move(session), "a");
  EXPECT_EQ(closer_.size(), 0u);
  EXPECT_EQ(host_.open_connections, 0);
}

TEST_F(SessionCloserTest, DoesNotInsistOnAnAnswer) {
  auto peer = std::make_shared<ScriptedPeer>(clock_);
  peer->Greet("me.test").Stall();
  const absl::Time start = clock_.Now();
  closer_.Close(Open(peer), "a");
  EXPECT_TRUE(loop_.RunUntil([&] { return closer_.size() == 0; }));
  EXPECT_LE(clock_.Now() - start, absl::Seconds(10));
}

TEST_F(SessionCloserTest, AbortEndsAllGoodbyes) {
  auto peer = std::make_shared<ScriptedPeer>(clock_);
  peer->Greet("me.test").Stall();
  closer_.Close(Open(peer), "a");
  loop_.Settle();
  EXPECT_EQ(closer_.size(), 1u);
  closer_.AbortAll();
  loop_.Settle();
  EXPECT_EQ(closer_.size(), 0u);
}

}  // namespace
}  // namespace mailstrom::delivery
