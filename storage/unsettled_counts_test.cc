#include "storage/unsettled_counts.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/record_codec.h"
#include "storage/test_emails.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::storage {
namespace {

class UnsettledCountsTest : public testing::Test {
 protected:
  static std::unique_ptr<Database> OpenDatabase() {
    DatabaseOptions options;
    options.path = absl::StrCat(testing::TempDir(), "/",
                                testing::UnitTest::GetInstance()->current_test_info()->name());
    DeterministicRandom random(1);
    return Database::Open(options, random).value();
  }

  EmailRecord Record(int recipients) {
    EmailRecord record = TestEmail("a", recipients).record;
    record.recipient_count = recipients;
    return record;
  }

  void Write(int index, absl::string_view recipient) {
    Database::Batch batch(*database_);
    batch.Put(Family::kRecipients, RecipientKey("a", index), recipient);
    ASSERT_TRUE(database_->Write(batch).ok());
  }
  void WriteInState(int index, RecipientState state) {
    Recipient recipient = TestEmail("a").recipients[0];
    recipient.state = state;
    Write(index, EncodeRecipient(recipient));
  }

  const std::unique_ptr<Database> database_ = OpenDatabase();
  std::vector<std::string> damaged_;
  DamageLog damage_{*database_, [this](const std::string& key, const std::string& value) {
                      damaged_.push_back(key);
                    }};
  UnsettledCounts counts_{*database_, damage_};
};

TEST_F(UnsettledCountsTest, AnEmailWithOneRecipientIsSettledWithIt) {
  ASSERT_TRUE(counts_.Load(Record(1)).ok());
  EXPECT_TRUE(counts_.Settle(Record(1)));
}

TEST_F(UnsettledCountsTest, TheLastOneIsTold) {
  counts_.Put(Record(3), 3);
  ASSERT_TRUE(counts_.Load(Record(3)).ok());
  EXPECT_FALSE(counts_.Settle(Record(3)));
  EXPECT_FALSE(counts_.Settle(Record(3)));
  EXPECT_TRUE(counts_.Settle(Record(3)));
}

TEST_F(UnsettledCountsTest, WhatIsMissingIsCountedOnTheDisk) {
  WriteInState(0, RecipientState::kDelivered);
  WriteInState(1, RecipientState::kQueued);
  WriteInState(2, RecipientState::kDeferred);
  WriteInState(3, RecipientState::kFailed);
  ASSERT_TRUE(counts_.Load(Record(4)).ok());
  EXPECT_FALSE(counts_.Settle(Record(4)));
  EXPECT_TRUE(counts_.Settle(Record(4)));
}

TEST_F(UnsettledCountsTest, ADamagedRecipientCountsAsUnsettledAndIsReported) {
  WriteInState(0, RecipientState::kQueued);
  Write(1, "damaged");
  ASSERT_TRUE(counts_.Load(Record(2)).ok());
  EXPECT_EQ(damaged_.size(), 1u);
  EXPECT_FALSE(counts_.Settle(Record(2)));
}

TEST_F(UnsettledCountsTest, ManyAreForgotten) {
  for (int i = 0; i < 10001; ++i) {
    EmailRecord record = Record(2);
    record.email_id = absl::StrCat(i);
    counts_.Put(record, 2);
  }
  counts_.Put(Record(2), 2);
  WriteInState(0, RecipientState::kDelivered);
  WriteInState(1, RecipientState::kQueued);
  counts_.Trim();
  ASSERT_TRUE(counts_.Load(Record(2)).ok());
  EXPECT_TRUE(counts_.Settle(Record(2)));
}

}  // namespace
}  // namespace mailstrom::storage
