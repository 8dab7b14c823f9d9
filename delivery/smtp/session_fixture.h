#ifndef MAILSTROM_DELIVERY_SMTP_SESSION_FIXTURE_H_
#define MAILSTROM_DELIVERY_SMTP_SESSION_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "delivery/smtp/session.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/memory_stream.h"
#include "tests/fakes/scripted_peer.h"

namespace mailstrom::delivery::smtp {

// A session against one scripted server. At the end the script must be done.
class SessionFixture : public testing::Test {
 protected:
  using Failed = Failure::Kind;
  using Result = RecipientResult::Kind;

  static constexpr char kMessage[] = "Subject: x\r\n\r\n.hello\r\n";
  static constexpr char kStuffed[] = "Subject: x\r\n\r\n..hello\r\n";

  SessionFixture() : loop_(clock_), peer_(std::make_shared<ScriptedPeer>(clock_)) {
    options_.hello_name = "me.test";
    options_.peer_name = "mx.test";
  }

  void TearDown() override {
    session_.reset();
    loop_.Settle();
    if (!peer_->done()) ADD_FAILURE() << peer_->error() << "; stands at: " << peer_->position();
  }

  std::optional<Failure> Open() {
    session_ =
        std::make_unique<Session>(clock_, std::make_unique<MemoryStream>(clock_, peer_), options_);
    auto failure = loop_.Run(session_->Open());
    EXPECT_TRUE(failure.has_value()) << "Open hangs; the script is at " << peer_->position();
    return failure.value_or(Failure());
  }

  // Opens with a script that greets and offers `keywords`.
  void OpenWith(const std::vector<std::string>& keywords) {
    peer_->Greet("me.test", keywords);
    const std::optional<Failure> failure = Open();
    ASSERT_FALSE(failure.has_value()) << failure->description << "; " << peer_->error();
  }

  static Transaction To(std::vector<std::string> forward_paths) {
    Transaction transaction;
    transaction.reverse_path = "a@me.test";
    transaction.forward_paths = std::move(forward_paths);
    transaction.message = std::make_shared<const std::string>(kMessage);
    return transaction;
  }

  TransactionResult Deliver(Transaction transaction) {
    std::optional<TransactionResult> result = loop_.Run(session_->Deliver(std::move(transaction)));
    EXPECT_TRUE(result.has_value()) << "Deliver hangs; the script is at " << peer_->position();
    return std::move(result).value_or(TransactionResult());
  }

  TransactionResult DeliverTo(std::vector<std::string> forward_paths) {
    return Deliver(To(std::move(forward_paths)));
  }

  static std::vector<Result> Kinds(const TransactionResult& result) {
    std::vector<Result> kinds;
    for (const RecipientResult& recipient : result.recipients) kinds.push_back(recipient.kind);
    return kinds;
  }

  // The reply code of each recipient, 0 where there is none.
  static std::vector<int> Codes(const TransactionResult& result) {
    std::vector<int> codes;
    for (const RecipientResult& recipient : result.recipients) {
      codes.push_back(recipient.reply.has_value() ? recipient.reply->code : 0);
    }
    return codes;
  }

  FakeClock clock_;
  FakeLoop loop_;
  std::shared_ptr<ScriptedPeer> peer_;
  SessionOptions options_;
  std::unique_ptr<Session> session_;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_SESSION_FIXTURE_H_
