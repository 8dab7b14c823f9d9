#include "storage/migration.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "storage/blocking_store.h"
#include "storage/record_codec.h"
#include "storage/rocksdb_store.h"
#include "storage/schema.h"
#include "storage/store_audit.h"
#include "storage/test_emails.h"
#include "storage/transition.h"

namespace mailstrom::storage {
namespace {

// The families that version 1 had.
constexpr Family kVersion1Families[] = {Family::kMeta,       Family::kEmails, Family::kContents,
                                        Family::kRecipients, Family::kDue,    Family::kEvents};

// A database as version 1 wrote it.
class Version1 {
 public:
  explicit Version1(const std::string& path) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const Family family : kVersion1Families) {
      descriptors.emplace_back(std::string(FamilyName(family)), rocksdb::ColumnFamilyOptions());
    }
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, path, descriptors, &handles_, &db).ok());
    db_.reset(db);
    Put(Family::kMeta, kSchemaVersionKey, "1");
    Put(Family::kMeta, kLogIdKey, "00000000deadbeef");
  }
  ~Version1() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      EXPECT_TRUE(db_->DestroyColumnFamilyHandle(handle).ok());
    }
  }

  void Put(Family family, const std::string& key, const std::string& value) {
    // Families kept their numbers.
    EXPECT_TRUE(
        db_->Put(rocksdb::WriteOptions(), handles_[static_cast<int>(family)], key, value).ok());
  }

  // `settled` of its recipients were delivered.
  void Add(Email email, const std::string& content, int settled) {
    EmailRecord& record = email.record;
    record.recipient_count = static_cast<int>(email.recipients.size());
    record.size_bytes = static_cast<int64_t>(content.size());
    Put(Family::kEmails, record.email_id, EncodeEmailRecord(record));
    for (int i = 0; i < record.recipient_count; ++i) AddRecipient(email, i);
    for (int i = 0; i < settled; ++i) {
      email.recipients[i].state = RecipientState::kDelivered;
      AddEvent(email, i, i + 1 == record.recipient_count);
    }
    if (settled < record.recipient_count) Put(Family::kContents, record.email_id, content);
    for (int i = settled; i < record.recipient_count; ++i) {
      Put(Family::kDue,
          EncodeDueKey({ToNanos(email.recipients[i].next_attempt_time), record.email_id, i}), "");
    }
  }

 private:
  void AddRecipient(Email& email, int index) { AddEvent(email, index, false); }
  void AddEvent(Email& email, int index, bool email_settled) {
    Recipient& recipient = email.recipients[index];
    recipient.revision = ++sequence_;
    const std::string& id = email.record.email_id;
    Put(Family::kRecipients, RecipientKey(id, index), EncodeRecipient(recipient));
    Put(Family::kEvents, EventKey(sequence_),
        EncodeEvent(MakeEvent(email.record, index, recipient, email_settled, kTestStart)));
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  int64_t sequence_ = 0;
};

std::string NewPath(const std::string& name) {
  return absl::StrCat(testing::TempDir(), "/migration_", name);
}

std::vector<std::string> Listed(Store& store, ListQuery query) {
  std::vector<std::string> ids;
  do {
    const ListPage page = BlockingStore(store).ListEmails(query).value();
    for (const Email& email : page.emails) ids.push_back(email.record.email_id);
    query.after = page.next;
  } while (!query.after.empty());
  return ids;
}

TEST(MigrationTest, AQueueOfVersion1GoesOn) {
  const std::string path = NewPath("queue");
  {
    Version1 old(path);
    Email tagged = TestEmail("a", 3);
    tagged.record.tags = {{"team", "shop"}};
    old.Add(tagged, std::string(100, 'a'), 1);
    old.Add(TestEmail("b"), std::string(10, 'b'), 1);
    old.Add(TestEmail("c"), std::string(1, 'c'), 0);
  }
  for (int i = 0; i < 2; ++i) {
    const auto store = OpenRocksDbStore({.path = path});
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ((*store)->LogId(), "00000000deadbeef");
    EXPECT_EQ((*store)->Totals(), (QueueTotals{2, 101, 3}));
    EXPECT_EQ(Listed(**store, {}), std::vector<std::string>({"c", "b", "a"}));
    EXPECT_EQ(Listed(**store, {.tags = {{"team", "shop"}}}), std::vector<std::string>({"a"}));
    EXPECT_EQ(Listed(**store, {.recipient = "r2@example.com"}), std::vector<std::string>({"a"}));
    EXPECT_EQ(Listed(**store, {.settled = true}), std::vector<std::string>({"b"}));
    const StoreAudit audit = AuditStore(**store, /*claim_all=*/false);
    EXPECT_TRUE(audit.problems.empty()) << audit.problems[0];
    EXPECT_EQ(audit.delivered, 2);
    EXPECT_EQ(audit.queued, 3);
  }
  const auto store = OpenRocksDbStore({.path = path}).value();
  BlockingStore blocking(*store);
  std::vector<Outcome> outcomes;
  for (const ClaimedRecipient& claimed : AllOf(blocking.ClaimDue(kTestStart, 9).value())) {
    outcomes.push_back(Delivered(claimed));
  }
  EXPECT_EQ(outcomes.size(), 3u);
  ASSERT_TRUE(blocking.RecordOutcomes(outcomes).ok());
  EXPECT_EQ(store->Totals(), QueueTotals());
}

TEST(MigrationTest, MoreEmailsThanOneStepTakesAndSomeThatDoNotParse) {
  const std::string path = NewPath("many");
  {
    Version1 old(path);
    for (int i = 0; i < 2500; ++i) old.Add(TestEmail(absl::StrCat("e", 10000 + i)), "xy", 0);
    old.Put(Family::kEmails, "e11000", "\xff");
    old.Put(Family::kRecipients, RecipientKey("e11001", 0), "\xff");
  }
  const auto store = OpenRocksDbStore({.path = path}).value();
  // Nothing is known of those two.
  EXPECT_EQ(store->Totals(), (QueueTotals{2498, 4996, 2498}));
  EXPECT_EQ(Listed(*store, {.page_size = 100}).size(), 2498u);
}

TEST(MigrationTest, AnEmptyDatabaseOfVersion1IsBroughtUpToDate) {
  const std::string path = NewPath("empty");
  {
    Version1 old(path);
  }
  const auto store = OpenRocksDbStore({.path = path}).value();
  EXPECT_EQ(store->Totals(), QueueTotals());
  EXPECT_TRUE(BlockingStore(*store).Accept(TestEmail("a"), "").ok());
}

TEST(MigrationTest, AVersionThatDoesNotParseIsDataLoss) {
  const std::string path = NewPath("garbage");
  Version1(path).Put(Family::kMeta, kSchemaVersionKey, "x");
  EXPECT_TRUE(absl::IsDataLoss(OpenRocksDbStore({.path = path}).status()));
}

}  // namespace
}  // namespace mailstrom::storage
