#include "storage/rocksdb_store.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/store_conformance.h"
#include "storage/test_emails.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::storage {
namespace {

// A folder of its own for each test.
std::string NewPath() {
  static int count = 0;
  return absl::StrCat(testing::TempDir(), "/store", count++);
}

class RocksDbStoreUnderTest final : public StoreUnderTest {
 public:
  explicit RocksDbStoreUnderTest(RocksDbStoreOptions options) : options_(std::move(options)) {
    options_.path = NewPath();
    options_.clock = &clock_;
    Restart();
  }

  Store& store() override { return *store_; }
  bool is_durable() const override { return true; }
  void Restart() override {
    store_ = nullptr;
    store_ = OpenRocksDbStore(options_).value();
  }
  void Crash() override { Restart(); }

 private:
  // Stands where the suite's times are, so that no key seems to have expired.
  FakeClock clock_{kTestStart};
  RocksDbStoreOptions options_;
  std::unique_ptr<Store> store_;
};

// Everything that may be left out of memory is.
RocksDbStoreOptions SmallMemory() {
  RocksDbStoreOptions options;
  options.block_cache_bytes = 1 << 20;
  options.write_buffer_bytes = 1 << 20;
  options.reader_threads = 1;
  options.max_group_bytes = 1;
  options.due_window_entries = 0;
  options.fresh_bytes = 0;
  options.recent_events = 0;
  options.max_list_reads = 1;
  return options;
}

INSTANTIATE_TEST_SUITE_P(RocksDb, StoreConformanceTest,
                         testing::Values(StoreMaker([](const StoreLimits& limits) {
                           RocksDbStoreOptions options;
                           options.limits = limits;
                           return std::make_unique<RocksDbStoreUnderTest>(options);
                         })));

INSTANTIATE_TEST_SUITE_P(RocksDbInLittleMemory, StoreConformanceTest,
                         testing::Values(StoreMaker([](const StoreLimits& limits) {
                           RocksDbStoreOptions options = SmallMemory();
                           options.limits = limits;
                           return std::make_unique<RocksDbStoreUnderTest>(options);
                         })));

class ContentAtHandTest : public testing::Test {
 protected:
  RocksDbStoreUnderTest under_test_{RocksDbStoreOptions()};
  BlockingStore blocking_{under_test_.store()};
};

TEST_F(ContentAtHandTest, IsThereUntilTheFirstAttempt) {
  ASSERT_TRUE(blocking_.Accept(TestEmail("a"), "content").ok());
  const std::shared_ptr<const std::string> content = under_test_.store().ContentAtHand("a");
  ASSERT_NE(content, nullptr);
  EXPECT_EQ(*content, "content");
  const DueWork work = blocking_.ClaimDue(kTestStart, 1).value();
  ASSERT_TRUE(blocking_.RecordOutcomes({Deferred(AllOf(work).at(0), kTestStart)}).ok());
  EXPECT_EQ(under_test_.store().ContentAtHand("a"), nullptr);
  EXPECT_EQ(blocking_.ReadContent("a").value(), "content");
}

TEST_F(ContentAtHandTest, IsNotThereForAnEmailThatWaits) {
  ASSERT_TRUE(blocking_.Accept(TestEmail("a", 1, kTestStart + absl::Hours(1)), "content").ok());
  EXPECT_EQ(under_test_.store().ContentAtHand("a"), nullptr);
}

// More ids than are known in memory, in an order that is not theirs.
TEST(EmailIdsTest, EachIsTakenOnceHoweverManyThereAre) {
  constexpr int kEmails = 10'000;
  RocksDbStoreUnderTest under_test{RocksDbStoreOptions()};
  const auto accept = [&](int n, absl::StatusCode want, absl::BlockingCounter& left) {
    AcceptRequest request;
    request.email = TestEmail(absl::StrCat("e", 100'000 + (n ^ 5)));
    under_test.store().Accept(std::move(request), [&left, n, want](const auto& accepted) {
      EXPECT_EQ(accepted.status().code(), want) << n;
      left.DecrementCount();
    });
  };
  for (const absl::StatusCode want : {absl::StatusCode::kOk, absl::StatusCode::kAlreadyExists}) {
    absl::BlockingCounter left(kEmails);
    for (int n = 0; n < kEmails; ++n) accept(n, want, left);
    left.Wait();
  }
}

TEST(RocksDbStoreTest, AFolderThatCannotBeMadeIsUnavailable) {
  const auto store = OpenRocksDbStore({.path = "/dev/null/store"});
  EXPECT_TRUE(absl::IsUnavailable(store.status())) << store.status();
}

}  // namespace
}  // namespace mailstrom::storage
