#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "delivery/smtp/session.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/memory_stream.h"

namespace mailstrom::delivery::smtp {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

// Sends one piece of its input at first and one for each write of the client, then hangs up. The
// pieces end with a NUL.
class RecordedPeer final : public MemoryPeer {
 public:
  explicit RecordedPeer(absl::string_view input) : pieces_(absl::StrSplit(input, '\0')) {}

  void OnOpen(const std::shared_ptr<MemoryConnection>& connection) override {
    connection_ = connection;
    SendNext();
  }
  void OnBytes(absl::string_view bytes) override {
    dots_ += bytes == ".\r\n" || bytes.find("\r\n.\r\n") != absl::string_view::npos ? 1 : 0;
    SendNext();
  }

  int dots() const { return dots_; }

 private:
  void SendNext() {
    if (next_ == pieces_.size()) return connection_->Hangup();
    connection_->Send(pieces_[next_++]);
  }

  const std::vector<std::string> pieces_;
  size_t next_ = 0;
  int dots_ = 0;
  std::shared_ptr<MemoryConnection> connection_;
};

void CheckResult(const TransactionResult& result, size_t recipients) {
  Require(result.recipients.size() == recipients);
  for (const RecipientResult& recipient : result.recipients) {
    switch (recipient.kind) {
      case RecipientResult::Kind::kDelivered:
        Require(recipient.reply.has_value() && recipient.reply->code / 100 == 2);
        break;
      case RecipientResult::Kind::kFailed:
        Require(recipient.failure.kind != Failure::Kind::kReply ||
                (recipient.reply.has_value() && recipient.reply->code >= 400));
        break;
      case RecipientResult::Kind::kInDoubt:
        Require(result.session_failure.has_value());
        break;
      case RecipientResult::Kind::kUntried:
        break;
    }
  }
}

bool AnyTouched(const TransactionResult& result) {
  for (const RecipientResult& recipient : result.recipients) {
    if (recipient.kind == RecipientResult::Kind::kDelivered ||
        recipient.kind == RecipientResult::Kind::kInDoubt) {
      return true;
    }
  }
  return false;
}

Transaction ToThree() {
  Transaction transaction;
  transaction.reverse_path = "a@me.test";
  transaction.forward_paths = {"b@x.test", "c@x.test", "d@x.test"};
  transaction.message = std::make_shared<const std::string>("Subject: x\r\n\r\n.\r\n");
  return transaction;
}

void RunSession(absl::string_view input) {
  FakeClock clock;
  FakeLoop loop(clock);
  auto peer = std::make_shared<RecordedPeer>(input);
  SessionOptions options;
  options.hello_name = "me.test";
  options.peer_name = "mx.test";
  Session session(clock, std::make_unique<MemoryStream>(clock, peer), options);
  const auto failure = loop.Run(session.Open());
  Require(failure.has_value());
  Require(session.usable() != failure->has_value());
  for (int i = 0; i < 3 && session.usable(); ++i) {
    const int dots = peer->dots();
    const std::optional<TransactionResult> result = loop.Run(session.Deliver(ToThree()));
    Require(result.has_value());
    CheckResult(*result, 3);
    Require(session.usable() != result->session_failure.has_value());
    // Whoever may have the message was sent it.
    if (AnyTouched(*result) && input.find("CHUNKING") == absl::string_view::npos &&
        input.find("chunking") == absl::string_view::npos) {
      Require(peer->dots() > dots || result->session_failure.has_value());
    }
  }
  Require(loop.Run(session.Quit()));
  Require(clock.Now() - FakeClock::DefaultStart() < absl::Hours(12));
  Require(clock.alarm_count() == 0);
}

}  // namespace
}  // namespace mailstrom::delivery::smtp

// Whatever a server says and whenever it falls silent, every call ends and every result is one that
// can be.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailstrom::delivery::smtp::RunSession(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
