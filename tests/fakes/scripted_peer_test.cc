#include "tests/fakes/scripted_peer.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/memory_stream.h"

namespace mailstrom::delivery {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(30);

// A script that never fails would let every test of a dialogue pass. Also holds MemoryStream to the
// contract of Stream, as asio_transport_test does for real sockets.
class ScriptedPeerTest : public testing::Test {
 protected:
  ScriptedPeerTest() : loop_(clock_), peer_(std::make_shared<ScriptedPeer>(clock_)) {}

  void Connect() { stream_ = std::make_unique<MemoryStream>(clock_, peer_); }

  std::string Read(size_t limit = 1000) {
    std::string buffer(limit, '\0');
    const absl::StatusOr<size_t> size =
        *loop_.Run(stream_->Read(absl::MakeSpan(buffer.data(), buffer.size()), kTimeout));
    if (!size.ok()) return size.status().ToString();
    buffer.resize(*size);
    return buffer;
  }

  absl::Status Write(const std::string& data) { return *loop_.Run(stream_->Write(data, kTimeout)); }

  FakeClock clock_;
  FakeLoop loop_;
  std::shared_ptr<ScriptedPeer> peer_;
  std::unique_ptr<MemoryStream> stream_;
};

TEST_F(ScriptedPeerTest, FollowsItsScript) {
  peer_->Reply("220 hi").Expect("HELO x").Send("250").Send(" ok\r\n").Expect("QUIT").Hangup();
  Connect();
  EXPECT_EQ(Read(), "220 hi\r\n");
  EXPECT_FALSE(peer_->done());
  EXPECT_TRUE(Write("HE").ok());
  EXPECT_TRUE(Write("LO x\r\nQUIT\r\n").ok());
  EXPECT_EQ(Read(), "250");
  EXPECT_EQ(Read(2), " o");
  EXPECT_EQ(Read(), "k\r\n");
  EXPECT_EQ(Read(), "");
  EXPECT_TRUE(peer_->done()) << peer_->error();
  EXPECT_EQ(Write("x").code(), absl::StatusCode::kUnavailable);
}

TEST_F(ScriptedPeerTest, FailsAtTheFirstDifference) {
  peer_->Expect("HELO x").Reply("250 ok");
  Connect();
  EXPECT_TRUE(Write("HELO y\r\n").ok());
  EXPECT_THAT(peer_->error(), HasSubstr("got HELO y"));
  EXPECT_FALSE(peer_->done());
  EXPECT_EQ(Read(), "");
}

TEST_F(ScriptedPeerTest, FailsOnBytesBeyondItsEnd) {
  peer_->Expect("QUIT");
  Connect();
  EXPECT_TRUE(Write("QUIT\r\nNOOP\r\n").ok());
  EXPECT_THAT(peer_->error(), HasSubstr("NOOP"));
}

TEST_F(ScriptedPeerTest, FailsOnAnotherMessage) {
  peer_->ExpectMessage("a\r\n");
  Connect();
  EXPECT_TRUE(Write("b\r\n.\r\n").ok());
  EXPECT_THAT(peer_->error(), HasSubstr("got message b"));
}

TEST_F(ScriptedPeerTest, FailsWhenNotClosed) {
  peer_->ExpectClose();
  Connect();
  EXPECT_FALSE(peer_->done());
  EXPECT_TRUE(Write("QUIT\r\n").ok());
  EXPECT_THAT(peer_->error(), HasSubstr("not closed"));
}

TEST_F(ScriptedPeerTest, FailsOnAHandshakeOutOfPlace) {
  peer_->Expect("STARTTLS");
  Connect();
  EXPECT_EQ(loop_.Run(stream_->StartTls({"mx.test", false}, kTimeout))->status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(peer_->error(), HasSubstr("handshake"));
}

TEST_F(ScriptedPeerTest, HandshakeAndWhatFollows) {
  peer_->Expect("STARTTLS").StartTls(std::string("TLSv1.3 X")).Reply("220 hi");
  Connect();
  EXPECT_TRUE(Write("STARTTLS\r\n").ok());
  EXPECT_EQ(**loop_.Run(stream_->StartTls({"mx.test", true}, kTimeout)), "TLSv1.3 X");
  EXPECT_TRUE(peer_->tls_parameters().verify);
  EXPECT_EQ(Read(), "220 hi\r\n");
}

TEST_F(ScriptedPeerTest, WaitsAndTrickles) {
  peer_->Wait(absl::Seconds(9)).Reply("a").Trickle("bc", absl::Seconds(2));
  Connect();
  EXPECT_EQ(Read(), "a\r\n");
  EXPECT_EQ(clock_.Now() - FakeClock::DefaultStart(), absl::Seconds(9));
  EXPECT_EQ(Read(), "b");
  EXPECT_EQ(Read(), "c");
  EXPECT_EQ(clock_.Now() - FakeClock::DefaultStart(), absl::Seconds(13));
}

TEST_F(ScriptedPeerTest, SilenceTimesOut) {
  peer_->StopTaking().Stall();
  Connect();
  EXPECT_THAT(Read(), HasSubstr("DEADLINE_EXCEEDED"));
  EXPECT_EQ(Write("x").code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(clock_.Now() - FakeClock::DefaultStart(), 2 * kTimeout);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(ScriptedPeerTest, CloseEndsACallUnderWay) {
  peer_->Stall();
  Connect();
  clock_.Set(absl::Seconds(1), [this] { stream_->Close(); });
  EXPECT_THAT(Read(), HasSubstr("UNAVAILABLE"));
  EXPECT_TRUE(peer_->done());
}

}  // namespace
}  // namespace mailstrom::delivery
