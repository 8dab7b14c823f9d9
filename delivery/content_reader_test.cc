#include "delivery/content_reader.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/spawn.h"
#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

using Content = absl::StatusOr<ContentReader::Content>;

asio::awaitable<void> ReadInto(std::shared_ptr<ContentReader> reader, std::string email_id,
                               std::vector<Content>* results) {
  Content content = co_await ContentReader::Read(std::move(reader), std::move(email_id));
  results->push_back(std::move(content));
}

class ContentReaderTest : public testing::Test {
 protected:
  void Accept(const std::string& email_id) {
    storage::Email email;
    email.record.email_id = email_id;
    email.recipients.resize(1);
    email.recipients[0].address = "a@b.test";
    ASSERT_TRUE(store_.AcceptNow(std::move(email), "content of " + email_id).ok());
  }

  void Read(const std::string& email_id) {
    Spawn(loop_.io().get_executor(), "read", ReadInto(reader_, email_id, &results_));
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  std::shared_ptr<ContentReader> reader_ =
      std::make_shared<ContentReader>(store_, loop_.io().get_executor());
  std::vector<Content> results_;
};

TEST_F(ContentReaderTest, ReadsOnceForAllAtATime) {
  Accept("e1");
  for (int i = 0; i < 3; ++i) Read("e1");
  loop_.Settle();
  Read("e1");
  loop_.Settle();
  ASSERT_EQ(results_.size(), 4u);
  for (const Content& content : results_) {
    ASSERT_TRUE(content.ok());
    EXPECT_EQ(**content, "content of e1");
    EXPECT_EQ(content->get(), results_[0]->get());
  }
  EXPECT_EQ(store_.content_reads, 1);
}

TEST_F(ContentReaderTest, ForgetsWhatNobodyHolds) {
  Accept("e1");
  Read("e1");
  loop_.Settle();
  results_.clear();
  Read("e1");
  loop_.Settle();
  EXPECT_EQ(store_.content_reads, 2);
}

TEST_F(ContentReaderTest, TakesWhatIsAtHandWithoutReading) {
  store_.at_hand["e1"] = std::make_shared<const std::string>("at hand");
  Read("e1");
  loop_.Settle();
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0]->get(), store_.at_hand["e1"].get());
  EXPECT_EQ(store_.content_reads, 0);
}

TEST_F(ContentReaderTest, TellsAllOfAnError) {
  store_.content_status = absl::UnavailableError("down");
  Accept("e1");
  Read("e1");
  Read("e1");
  loop_.Settle();
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_TRUE(absl::IsUnavailable(results_[1].status()));
  store_.content_status = absl::OkStatus();
  Read("e1");
  loop_.Settle();
  EXPECT_TRUE(results_[2].ok());
}

TEST_F(ContentReaderTest, ManyEmails) {
  for (int i = 0; i < 1000; ++i) {
    Accept(absl::StrCat("e", i));
    Read(absl::StrCat("e", i));
    loop_.Settle();
    ASSERT_EQ(**results_.back(), absl::StrCat("content of e", i));
    if (results_.size() > 10) results_.clear();
  }
}

}  // namespace
}  // namespace mailstrom::delivery
