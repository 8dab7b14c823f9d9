#include "storage/database.h"

#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/random_source.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest()
      : path_(absl::StrCat(testing::TempDir(), "/",
                           testing::UnitTest::GetInstance()->current_test_info()->name())) {
    Reopen();
  }

  void Reopen() {
    database_ = nullptr;
    database_ = Database::Open({.path = path_}, random_).value();
  }

  absl::Status Put(Family family, const std::string& key, const std::string& value) {
    Database::Batch batch(*database_);
    batch.Put(family, key, value);
    return database_->Write(batch);
  }

  std::vector<std::string> Keys(Family family, const std::string& begin, const std::string& end) {
    std::vector<std::string> keys;
    EXPECT_TRUE(database_
                    ->Scan(family, begin, end,
                           [&](absl::string_view key, absl::string_view) {
                             keys.emplace_back(key);
                             return keys.size() < 3;
                           })
                    .ok());
    return keys;
  }

  const std::string path_;
  SystemRandomSource random_;
  std::unique_ptr<Database> database_;
};

using Strings = std::vector<std::string>;

TEST_F(DatabaseTest, FamiliesAreApart) {
  ASSERT_TRUE(Put(Family::kEmails, "a", "email").ok());
  ASSERT_TRUE(Put(Family::kContents, "a", std::string(5000, 'c')).ok());
  EXPECT_EQ(database_->Get(Family::kEmails, "a").value(), "email");
  EXPECT_EQ(database_->Get(Family::kContents, "a").value(), std::string(5000, 'c'));
  EXPECT_TRUE(absl::IsNotFound(database_->Get(Family::kEvents, "a").status()));
}

TEST_F(DatabaseTest, ABatchIsWrittenInOrder) {
  Database::Batch batch(*database_);
  batch.Put(Family::kDue, "a", "1");
  batch.Drop(Family::kDue, "a");
  batch.Put(Family::kDue, "a", "2");
  batch.Put(Family::kDue, "b", "1");
  batch.Drop(Family::kDue, "b");
  ASSERT_TRUE(database_->Write(batch).ok());
  EXPECT_EQ(database_->Get(Family::kDue, "a").value(), "2");
  EXPECT_TRUE(absl::IsNotFound(database_->Get(Family::kDue, "b").status()));
}

TEST_F(DatabaseTest, EachWriteIsTimedAndSoIsItsSync) {
  const auto seen = [](const AtomicHistogram& histogram) {
    const AtomicHistogram::Reading reading = histogram.Read();
    return std::make_pair(std::accumulate(reading.counts.begin(), reading.counts.end(), int64_t{0}),
                          reading.sum);
  };
  const auto [writes_before, write_time_before] = seen(database_->write_times().write);
  const auto [syncs_before, sync_time_before] = seen(database_->write_times().sync);
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(Put(Family::kEmails, key, "email").ok());
  const auto [writes, write_time] = seen(database_->write_times().write);
  const auto [syncs, sync_time] = seen(database_->write_times().sync);
  EXPECT_EQ(writes - writes_before, 3);
  EXPECT_EQ(syncs - syncs_before, 3);
  EXPECT_GT(sync_time, sync_time_before);
  EXPECT_LT(sync_time - sync_time_before, write_time - write_time_before);
}

TEST_F(DatabaseTest, ManyKeysAreReadAtOnce) {
  ASSERT_TRUE(Put(Family::kEmails, "a", "1").ok());
  ASSERT_TRUE(Put(Family::kEmails, "c", "").ok());
  const auto values = database_->MultiGet(Family::kEmails, {"c", "b", "a"});
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0].value(), "");
  EXPECT_TRUE(absl::IsNotFound(values[1].status()));
  EXPECT_EQ(values[2].value(), "1");
}

TEST_F(DatabaseTest, ScansAreBoundedAndInOrder) {
  for (const char* key : {"d", "a", "c", "b", "e"}) {
    ASSERT_TRUE(Put(Family::kDue, key, "").ok());
  }
  EXPECT_EQ(Keys(Family::kDue, "", ""), Strings({"a", "b", "c"}));
  EXPECT_EQ(Keys(Family::kDue, "b", "d"), Strings({"b", "c"}));
  EXPECT_EQ(Keys(Family::kDue, "dd", ""), Strings({"e"}));
  EXPECT_EQ(database_->FirstKey(Family::kDue).value(), "a");
  EXPECT_EQ(database_->LastKey(Family::kDue).value(), "e");
  EXPECT_EQ(database_->LastKey(Family::kEvents).value(), "");
}

TEST_F(DatabaseTest, ItsLogIdIsDrawnOnce) {
  const std::string log_id = database_->log_id();
  EXPECT_EQ(log_id.size(), 16u);
  ASSERT_TRUE(Put(Family::kEmails, "a", "1").ok());
  Reopen();
  EXPECT_EQ(database_->log_id(), log_id);
  EXPECT_EQ(database_->Get(Family::kEmails, "a").value(), "1");
}

TEST_F(DatabaseTest, HasOneOwner) {
  const auto second = Database::Open({.path = path_}, random_);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
}

TEST_F(DatabaseTest, ALaterSchemaIsLeftAlone) {
  ASSERT_TRUE(Put(Family::kMeta, kSchemaVersionKey, absl::StrCat(kSchemaVersion + 1)).ok());
  database_ = nullptr;
  const auto second = Database::Open({.path = path_}, random_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition) << second.status();
}

TEST_F(DatabaseTest, AGarbledSchemaVersionIsDataLoss) {
  ASSERT_TRUE(Put(Family::kMeta, kSchemaVersionKey, "one").ok());
  database_ = nullptr;
  EXPECT_TRUE(absl::IsDataLoss(Database::Open({.path = path_}, random_).status()));
}

TEST_F(DatabaseTest, RecoveringAHealthyDatabaseLosesNothing) {
  ASSERT_TRUE(Put(Family::kEmails, "a", "1").ok());
  ASSERT_TRUE(database_->Recover().ok());
  EXPECT_EQ(database_->Get(Family::kEmails, "a").value(), "1");
  ASSERT_TRUE(Put(Family::kEmails, "b", "2").ok());
}

}  // namespace
}  // namespace mailstrom::storage
