#include "delivery/smtp/transcript.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "delivery/smtp/session_fixture.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::delivery::smtp {
namespace {

using Speaker = DialogueLine::Speaker;

// `C EHLO me.test` and so on.
std::vector<std::string> Texts(const Transcript& transcript) {
  std::vector<std::string> texts;
  for (const DialogueLine& line : transcript.lines()) {
    const char* mark = line.speaker == Speaker::kClient   ? "C "
                       : line.speaker == Speaker::kServer ? "S "
                                                          : "* ";
    texts.push_back(absl::StrCat(mark, line.text));
  }
  return texts;
}

TEST(TranscriptTest, KeepsBeginningAndEndOfALongDialogue) {
  FakeClock clock;
  Transcript transcript(clock);
  for (int i = 0; i < 10000; ++i) {
    transcript.Said(Speaker::kServer, absl::StrCat("250-line ", i, "\r\n"));
  }
  const std::vector<DialogueLine> lines = transcript.lines();
  EXPECT_EQ(lines.front().text, "250-line 0");
  EXPECT_EQ(lines.back().text, "250-line 9999");
  EXPECT_LE(EncodeDialogue(lines).size(), size_t{64} << 10);
  const std::string all = absl::StrJoin(Texts(transcript), "\n");
  EXPECT_TRUE(absl::StrContains(all, "lines are left out here"));
}

TEST(TranscriptTest, IsBoundedWhateverBytesCome) {
  FakeClock clock;
  Transcript transcript(clock);
  for (int i = 0; i < 200; ++i) transcript.Said(Speaker::kServer, std::string(100000, '\xff'));
  for (int i = 0; i < 50000; ++i) transcript.Said(Speaker::kServer, "\r\n");
  EXPECT_LE(EncodeDialogue(transcript.lines()).size(), size_t{64} << 10);
}

class SessionTranscriptTest : public SessionFixture {
 protected:
  SessionTranscriptTest() : transcript_(clock_) {}

  std::string OpenAndTakeDown() {
    session_ =
        std::make_unique<Session>(clock_, std::make_unique<MemoryStream>(clock_, peer_), options_);
    session_->SetTranscript(&transcript_);
    EXPECT_TRUE(loop_.Run(session_->Open()).has_value());
    return absl::StrJoin(Texts(transcript_), "\n");
  }

  Transcript transcript_;
};

TEST_F(SessionTranscriptTest, HasCommandsAndRepliesButNoContent) {
  peer_->Greet("me.test", {"PIPELINING", "ENHANCEDSTATUSCODES"})
      .Expect("MAIL FROM:<a@me.test>")
      .Expect("RCPT TO:<b@x.test>")
      .Expect("RCPT TO:<c@x.test>")
      .Expect("DATA")
      .Reply("250 2.1.0 ok\r\n250 2.1.5 ok\r\n550-5.1.1 no\r\n550 5.1.1 body\r\n354 go")
      .ExpectMessage(kStuffed)
      .Reply("250 2.0.0 taken");
  OpenAndTakeDown();
  DeliverTo({"b@x.test", "c@x.test"});
  const std::vector<std::string> texts = Texts(transcript_);
  const std::vector<std::string> tail(texts.end() - 11, texts.end());
  EXPECT_EQ(tail,
            (std::vector<std::string>{"C MAIL FROM:<a@me.test>", "C RCPT TO:<b@x.test>",
                                      "C RCPT TO:<c@x.test>", "C DATA", "S 250 2.1.0 ok",
                                      "S 250 2.1.5 ok", "S 550-5.1.1 no", "S 550 5.1.1 body",
                                      "S 354 go", "* the message, 22 bytes", "S 250 2.0.0 taken"}));
  for (const std::string& text : texts) {
    EXPECT_FALSE(absl::StrContains(text, "hello") || absl::StrContains(text, "Subject")) << text;
  }
}

// Whatever a server does with what it was shown, also giving it back.
TEST_F(SessionTranscriptTest, HasNoSecret) {
  options_.tls = TlsMode::kVerify;
  struct Case {
    const char* mechanism;
    std::vector<std::string> steps;
  };
  const std::string plain = "AHRpbQBodW50ZXIy";
  for (const Case& test : {
           Case{"PLAIN", {absl::StrCat("AUTH PLAIN ", plain)}},
           Case{"LOGIN", {"AUTH LOGIN", "dGlt", "aHVudGVyMg=="}},
       }) {
    peer_ = std::make_shared<ScriptedPeer>(clock_);
    options_.credentials = Credentials{"tim", "hunter2", "", false};
    peer_->Greet("me.test", {"STARTTLS"}).Expect("STARTTLS").Reply("220 go").StartTls();
    peer_->Hello("me.test", {absl::StrCat("AUTH ", test.mechanism)});
    for (size_t i = 0; i < test.steps.size(); ++i) {
      peer_->Expect(test.steps[i]);
      if (i + 1 < test.steps.size()) peer_->Reply("334 VXNlcm5hbWU6");
    }
    peer_->Reply(absl::StrCat("535-5.7.8 hunter2 is wrong\r\n535 5.7.8 ", test.steps.back()));
    peer_->ExpectClose();
    session_ =
        std::make_unique<Session>(clock_, std::make_unique<MemoryStream>(clock_, peer_), options_);
    Transcript transcript(clock_);
    session_->SetTranscript(&transcript);
    const auto failure = loop_.Run(session_->Open());
    ASSERT_TRUE(failure.has_value() && failure->has_value());
    const std::string said = absl::StrCat(absl::StrJoin(Texts(transcript), "\n"), "\n",
                                          absl::StrJoin((*failure)->reply->lines, "\n"));
    for (const char* secret : {"hunter2", plain.c_str(), "aHVudGVyMg=="}) {
      EXPECT_FALSE(absl::StrContains(said, secret)) << said;
    }
    EXPECT_TRUE(absl::StrContains(said, "[secret]")) << said;
    session_->SetTranscript(nullptr);
    session_.reset();
    loop_.Settle();
    EXPECT_TRUE(peer_->done()) << peer_->error() << peer_->position();
  }
}

TEST_F(SessionTranscriptTest, SaysHowItEnded) {
  peer_->Send("garbage\r\n");
  const std::string said = OpenAndTakeDown();
  EXPECT_TRUE(absl::StrContains(said, "* ")) << said;
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
