// The bytes of a message go from the store's memory to every connection, without a copy on the way.

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

// How much each connection wrote out of one stretch of memory, and out of any other.
class WriteWitness {
 public:
  void Watch(absl::string_view memory) { memory_ = memory; }

  void Saw(int connection, absl::string_view data) {
    const bool inside = data.data() >= memory_.data() &&
                        data.data() + data.size() <= memory_.data() + memory_.size();
    (inside ? inside_ : outside_)[connection] += data.size();
  }

  size_t inside(int connection) { return inside_[connection]; }
  size_t outside(int connection) { return outside_[connection]; }

 private:
  absl::string_view memory_;
  std::map<int, size_t> inside_;
  std::map<int, size_t> outside_;
};

class WitnessedStream final : public Stream {
 public:
  WitnessedStream(std::unique_ptr<Stream> stream, WriteWitness& witness, int number)
      : stream_(std::move(stream)), witness_(witness), number_(number) {}

  asio::awaitable<absl::StatusOr<size_t>> Read(absl::Span<char> buffer,
                                               absl::Duration timeout) override {
    return stream_->Read(buffer, timeout);
  }
  asio::awaitable<absl::Status> Write(absl::string_view data, absl::Duration timeout) override {
    witness_.Saw(number_, data);
    return stream_->Write(data, timeout);
  }
  asio::awaitable<absl::StatusOr<std::string>> StartTls(TlsParameters parameters,
                                                        absl::Duration timeout) override {
    return stream_->StartTls(std::move(parameters), timeout);
  }
  void Close() override { stream_->Close(); }

 private:
  const std::unique_ptr<Stream> stream_;
  WriteWitness& witness_;
  const int number_;
};

class WitnessedConnector final : public Connector {
 public:
  WitnessedConnector(Connector& connector, WriteWitness& witness)
      : connector_(connector), witness_(witness) {}

  asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> Connect(
      Endpoint peer, absl::Duration timeout) override {
    absl::StatusOr<std::unique_ptr<Stream>> stream =
        co_await connector_.Connect(std::move(peer), timeout);
    if (!stream.ok()) co_return stream;
    co_return std::make_unique<WitnessedStream>(*std::move(stream), witness_, connections_++);
  }

  int connections() const { return connections_; }

 private:
  Connector& connector_;
  WriteWitness& witness_;
  int connections_ = 0;
};

class EngineCopiesTest : public EngineTest {
 protected:
  static constexpr int kSites = 3;
  static constexpr int kRecipients = 20;

  // Sends one message to recipients of several sites and looks at what each connection wrote.
  void SendAndExpectNoCopies(const std::string& content) {
    storage::Email email = MakeEmail({});
    for (int i = 0; i < kSites * kRecipients; ++i) {
      storage::Recipient recipient;
      recipient.address = absl::StrCat("user", i, "@d", i % kSites, ".test");
      recipient.next_attempt_time = clock_.Now();
      email.recipients.push_back(recipient);
    }
    ASSERT_TRUE(store_.AcceptNow(std::move(email), content).ok());
    store_.on_content = [this](absl::string_view content) { witness_.Watch(content); };
    engine_ = std::make_unique<Engine>(Options(), store_, clock_, clock_, dns_, witnessed_, random_,
                                       loop_.io().get_executor());
    engine_->Start();
    loop_.Settle();
    EXPECT_EQ(store_.content_reads, 1) << "one for all sites";
    ASSERT_EQ(witnessed_.connections(), kSites);
    for (int site = 0; site < kSites; ++site) {
      ASSERT_EQ(hosts_[site]->mails.size(), 1u);
      EXPECT_EQ(hosts_[site]->mails[0].data, content);
      EXPECT_GE(witness_.inside(site), content.size() - kFraming) << site;
      EXPECT_LE(witness_.outside(site), kFraming + 100 * kRecipients) << site;
    }
  }

  void AddSites() {
    for (int site = 0; site < kSites; ++site) {
      AddHost(absl::StrCat("d", site, ".test"), absl::StrCat("mx", site, ".test"), 10,
              absl::StrCat("192.0.2.", site + 1));
    }
  }

  // What may be joined to a command or to the final dot in one write.
  static constexpr size_t kFraming = size_t{128} << 10;

  WriteWitness witness_;
  WitnessedConnector witnessed_{connector_, witness_};
};

TEST_F(EngineCopiesTest, EveryConnectionWritesFromTheStoresMemory) {
  AddSites();
  std::string content = "Subject: large\r\n\r\n";
  while (content.size() < (size_t{4} << 20)) content += "a line that needs no dot\r\n";
  SendAndExpectNoCopies(content);
}

}  // namespace
}  // namespace mailstrom::delivery
