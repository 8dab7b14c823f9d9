#ifndef MAILSTROM_DELIVERY_ENGINE_TEST_BENCH_H_
#define MAILSTROM_DELIVERY_ENGINE_TEST_BENCH_H_

// An engine over a memory store and fakes, for its tests.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/engine.h"
#include "delivery/fake_mail_host.h"
#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_connector.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {

using storage::FailureCause;
using storage::Phase;
using storage::Recipient;
using storage::RecipientState;

constexpr char kContent[] = "Subject: hello\r\n\r\n.dot\r\ntext\r\n";

inline EngineOptions Options() {
  EngineOptions options;
  options.hello_name = "me.test";
  return options;
}

class EngineTest : public testing::Test {
 protected:
  // Nothing may be left that waits for what is destroyed before it.
  ~EngineTest() override {
    if (engine_ && !drained_) EXPECT_TRUE(Drain(absl::ZeroDuration()));
    engine_.reset();
    loop_.Advance(absl::Hours(1));
  }

  void StartEngine(EngineOptions options = Options()) {
    engine_ = std::make_unique<Engine>(std::move(options), store_, clock_, clock_, dns_, connector_,
                                       random_, loop_.io().get_executor());
    engine_->Start();
    loop_.Settle();
  }

  // A mail server for `domain` at `address`.
  FakeMailHost& AddHost(const std::string& domain, const std::string& name, int preference,
                        const std::string& address) {
    dns_.AddMx(domain, preference, name);
    dns_.AddAddress(name, address);
    auto host = std::make_unique<FakeMailHost>(clock_);
    connector_.Serve(address, [host = host.get()](const Endpoint&) { return host->Connect(); });
    hosts_.push_back(std::move(host));
    return *hosts_.back();
  }

  storage::Email MakeEmail(const std::vector<std::string>& addresses) {
    storage::Email email;
    email.record.email_id = absl::StrCat("email", ++last_email_);
    email.record.reverse_path = "sender@me.test";
    email.record.accept_time = clock_.Now();
    email.record.expire_time = clock_.Now() + absl::Hours(120);
    email.record.size_bytes = sizeof(kContent) - 1;
    for (const std::string& address : addresses) {
      Recipient recipient;
      recipient.address = address;
      recipient.next_attempt_time = clock_.Now();
      email.recipients.push_back(recipient);
    }
    return email;
  }

  std::string Accept(storage::Email email) {
    const std::string email_id = email.record.email_id;
    EXPECT_TRUE(store_.AcceptNow(std::move(email), kContent).ok());
    return email_id;
  }

  std::string Send(const std::vector<std::string>& addresses) {
    return Accept(MakeEmail(addresses));
  }

  Recipient Read(const std::string& email_id, int index = 0) {
    return store_.ReadEmailNow(email_id)->recipients[index];
  }

  RecipientState StateOf(const std::string& email_id, int index = 0) {
    return Read(email_id, index).state;
  }

  // Lets time pass until the recipient is no longer in `state`.
  Recipient WaitWhile(RecipientState state, const std::string& email_id, int index = 0) {
    EXPECT_TRUE(loop_.RunUntil([&] { return StateOf(email_id, index) != state; }));
    return Read(email_id, index);
  }

  // The states that the recipient went through.
  std::vector<RecipientState> History(const std::string& email_id, int index = 0) {
    std::vector<RecipientState> states;
    for (const auto& event : store_.ReadEventsNow()) {
      if (event->email_id == email_id && event->recipient_index == index) {
        states.push_back(event->recipient.state);
      }
    }
    return states;
  }

  bool Drain(absl::Duration deadline) {
    auto done = std::make_shared<bool>(false);
    drained_ = true;
    engine_->Drain(deadline, [done] { *done = true; });
    return loop_.RunUntil([&] { return *done; }, deadline + absl::Minutes(1));
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  DeterministicRandom random_;
  FakeDnsClient dns_{clock_};
  FakeConnector connector_{clock_};
  std::vector<std::unique_ptr<FakeMailHost>> hosts_;
  std::unique_ptr<Engine> engine_;
  bool drained_ = false;
  int last_email_ = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ENGINE_TEST_BENCH_H_
