// What the RocksDB store does with records that do not parse, or are gone.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random_source.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/database.h"
#include "storage/ordered_bytes.h"
#include "storage/rocksdb_store.h"
#include "storage/schema.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

class DamageTest : public testing::Test {
 protected:
  DamageTest() {
    static int count = 0;
    path_ = absl::StrCat(testing::TempDir(), "/damage", count++);
    Open();
    for (const char* id : {"a", "b", "c"}) {
      EXPECT_TRUE(blocking().Accept(TestEmail(id, 2), "content").ok());
    }
  }

  void Open() {
    store_ = nullptr;
    store_ = OpenRocksDbStore({.path = path_}).value();
  }
  BlockingStore blocking() { return BlockingStore(*store_); }

  // Puts garbage in the place of a record, or takes it away.
  void Damage(Family family, const std::string& key, bool drop = false) {
    store_ = nullptr;
    {
      SystemRandomSource random;
      const auto database = Database::Open({.path = path_}, random).value();
      Database::Batch batch(*database);
      if (drop) {
        batch.Drop(family, key);
      } else {
        batch.Put(family, key, "\xff\xff");
      }
      EXPECT_TRUE(database->Write(batch).ok());
    }
    Open();
  }

  std::vector<std::string> DamagedKinds() {
    // Marks are put down some time later, but before what comes after.
    EXPECT_TRUE(blocking().RecordOutcomes({}).ok());
    std::vector<std::string> kinds;
    const DamagedRecords damaged = blocking().ListDamaged(10).value();
    for (const DamagedRecord& record : damaged.records) {
      EXPECT_NE(record.reason, "");
      kinds.push_back(absl::StrCat(record.kind, " ", record.key.substr(0, 1)));
    }
    EXPECT_EQ(damaged.count, static_cast<int64_t>(kinds.size()));
    return kinds;
  }

  std::string path_;
  std::unique_ptr<Store> store_;
};

using Strings = std::vector<std::string>;

TEST_F(DamageTest, AnEmailWhoseRecordDoesNotParseIsSetAside) {
  Damage(Family::kEmails, "b");
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 9).value());
  EXPECT_EQ(claimed.size(), 4u);
  EXPECT_EQ(blocking().ListEmails({})->emails.size(), 2u);
  EXPECT_TRUE(absl::IsDataLoss(blocking().ReadEmail("b").status()));
  EXPECT_EQ(DamagedKinds(), Strings({"emails b"}));
  // They stay known.
  Open();
  EXPECT_EQ(DamagedKinds(), Strings({"emails b"}));
}

TEST_F(DamageTest, ARecipientThatDoesNotParseDoesNotHoldUpTheOther) {
  Damage(Family::kRecipients, RecipientKey("b", 1));
  std::vector<Outcome> outcomes;
  for (const ClaimedRecipient& claimed : AllOf(blocking().ClaimDue(kTestStart, 9).value())) {
    outcomes.push_back(Delivered(claimed));
  }
  EXPECT_EQ(outcomes.size(), 5u);
  ASSERT_TRUE(blocking().RecordOutcomes(outcomes).ok());
  EXPECT_EQ(blocking().ListEmails({})->emails.size(), 2u);
  EXPECT_EQ(DamagedKinds(), Strings({"recipients b"}));
  // What may still have to be delivered stays queued.
  EXPECT_EQ(store_->Totals(), (QueueTotals{1, 7, 1}));
  EXPECT_TRUE(blocking().ReadContent("b").ok());
}

TEST_F(DamageTest, EventsGoOnBehindOneThatDoesNotParse) {
  Damage(Family::kEvents, EventKey(3));
  const EventBatch batch = blocking().ReadEvents(0, 100).value();
  std::vector<int64_t> sequences;
  for (const auto& event : batch.events) sequences.push_back(event->sequence);
  EXPECT_EQ(sequences, std::vector<int64_t>({1, 2, 4, 5, 6}));
  EXPECT_EQ(batch.last_sequence, 6);
  EXPECT_EQ(DamagedKinds().size(), 1u);
}

TEST_F(DamageTest, AListGoesOnBehindAPlaceOfNothing) {
  Damage(Family::kByTime, "short");
  EXPECT_EQ(blocking().ListEmails({})->emails.size(), 3u);
  Damage(Family::kEmails, "b", /*drop=*/true);
  EXPECT_EQ(blocking().ListEmails({})->emails.size(), 2u);
}

TEST_F(DamageTest, AKeyOutlivesItsEmail) {
  AcceptRequest request{TestEmail("d"), "content",
                        RequestKey{"ann", "r1", "digest", kTestStart + absl::Hours(24)}};
  ASSERT_TRUE(blocking().Accept(request).ok());
  // As after its retention.
  Damage(Family::kEmails, "d", /*drop=*/true);
  request.email = TestEmail("e");
  const Accepted replay = blocking().Accept(request).value();
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(replay.email.record.email_id, "d");
  EXPECT_TRUE(replay.email.recipients.empty());
  EXPECT_TRUE(absl::IsNotFound(blocking().ReadEmail("e").status()));
}

}  // namespace
}  // namespace mailstrom::storage
