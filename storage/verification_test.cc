#include "storage/verification.h"

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/random_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/record_codec.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

using testing::HasSubstr;

class VerificationTest : public testing::Test {
 protected:
  // Email `a` is queued for two recipients, of whom one is deferred; `b` is delivered.
  VerificationTest() {
    const auto store = OpenRocksDbStore({.path = path_}).value();
    BlockingStore blocking(*store);
    EXPECT_TRUE(blocking.Accept(TestEmail("a", 2), "content").ok());
    EXPECT_TRUE(blocking
                    .RecordOutcomes({Deferred(AllOf(blocking.ClaimDue(kTestStart, 1).value()).at(0),
                                              kTestStart + absl::Hours(1))})
                    .ok());
    EXPECT_TRUE(blocking.Accept(TestEmail("b", 1, kTestStart - absl::Hours(1)), "content").ok());
    EXPECT_TRUE(
        blocking.RecordOutcomes({Delivered(AllOf(blocking.ClaimDue(kTestStart, 1).value()).at(0))})
            .ok());
  }

  const std::string path_ =
      absl::StrCat(testing::TempDir(), "/verification_",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
  SystemRandomSource random_;
};

TEST_F(VerificationTest, CountsWhatIsThere) {
  const auto database = Database::OpenForReading({.path = path_}).value();
  const Verification found = VerifyDatabase(*database).value();
  EXPECT_EQ(absl::StrJoin(found.problems, "\n"), "");
  EXPECT_EQ(found.problem_count, 0);
  EXPECT_EQ(found.records[static_cast<int>(Family::kEmails)], 2);
  EXPECT_EQ(found.settled_emails, 1);
  EXPECT_EQ(found.queued, 1);
  EXPECT_EQ(found.deferred, 1);
  EXPECT_EQ(found.delivered, 1);
  EXPECT_EQ(found.failed, 0);
}

TEST_F(VerificationTest, EveryKindOfDamageIsFound) {
  struct Case {
    const char* name;
    std::function<void(Database::Batch&)> damage;
    const char* problem;
  };
  const DueKey due = {ToNanos(kTestStart + absl::Hours(9)), "a", 1};
  const Case kCases[] = {
      {"garbled email", [](auto& batch) { batch.Put(Family::kEmails, "a", "\xff"); }, "emails a:"},
      {"garbled recipient",
       [](auto& batch) { batch.Put(Family::kRecipients, RecipientKey("b", 0), "\xff"); },
       "recipients b"},
      {"lost recipient",
       [](auto& batch) { batch.Delete(Family::kRecipients, RecipientKey("a", 1)); }, "is missing"},
      {"recipient of nobody",
       [](auto& batch) { batch.Put(Family::kRecipients, RecipientKey("c", 0), ""); },
       "has no email"},
      {"lost content", [](auto& batch) { batch.Delete(Family::kContents, "a"); },
       "contents a: is missing"},
      {"content too many", [](auto& batch) { batch.Put(Family::kContents, "b", "x"); },
       "contents b: is left"},
      {"wrong due time", [&](auto& batch) { batch.Put(Family::kDue, EncodeDueKey(due), ""); },
       "is not its recipient's place"},
      {"lost event", [](auto& batch) { batch.Delete(Family::kEvents, EventKey(2)); },
       "follows number 1"},
      {"garbled event", [](auto& batch) { batch.Put(Family::kEvents, EventKey(2), "\xff"); },
       "events "},
      {"wrong totals",
       [](auto& batch) { batch.Put(Family::kMeta, kQueueTotalsKey, EncodeQueueTotals({7, 7, 7})); },
       "says 7 emails"},
  };
  const auto intact = Database::Open({.path = path_}, random_).value();
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::string copy = absl::StrCat(path_, "_", c.name);
    ASSERT_TRUE(intact->BackUp(copy).ok());
    const auto database = Database::Open({.path = copy}, random_).value();
    Database::Batch batch(*database);
    c.damage(batch);
    ASSERT_TRUE(database->Write(batch).ok());
    EXPECT_THAT(absl::StrJoin(VerifyDatabase(*database)->problems, "\n"), HasSubstr(c.problem));
  }
}

}  // namespace
}  // namespace mailstrom::storage
