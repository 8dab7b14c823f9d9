#include "storage/repair.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/random_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/database.h"
#include "storage/list_query.h"
#include "storage/ordered_bytes.h"
#include "storage/record_codec.h"
#include "storage/rocksdb_store.h"
#include "storage/schema.h"
#include "storage/store_audit.h"
#include "storage/test_emails.h"
#include "storage/verification.h"

namespace mailstrom::storage {
namespace {

using testing::HasSubstr;

constexpr char kGarbage[] = "\xff\xff";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string Problems(const Database& database) {
  return absl::StrJoin(VerifyDatabase(database)->problems, "\n");
}

// Emails, in this order, events in brackets:
//   a: queued for three [1 2 3]; then deferred for the first [4]
//   b: delivered [5 6]
//   c: queued, with tags [7 8]
//   d: cancelled, while its attempt is under way [9]
class RepairTest : public testing::Test {
 protected:
  RepairTest() {
    const auto store = OpenRocksDbStore({.path = path_}).value();
    BlockingStore blocking(*store);
    const auto claim = [&] { return AllOf(blocking.ClaimDue(kTestStart, 1).value()).at(0); };
    EXPECT_TRUE(blocking.Accept(TestEmail("a", 3), "content of a").ok());
    Outcome deferred = Deferred(claim(), kTestStart + absl::Hours(1));
    deferred.dialogue = std::make_shared<const std::string>("EHLO");
    EXPECT_TRUE(blocking.RecordOutcomes({deferred}).ok());
    EXPECT_TRUE(blocking.Accept(TestEmail("b", 1, kTestStart - absl::Hours(1)), "b").ok());
    EXPECT_TRUE(blocking.RecordOutcomes({Delivered(claim())}).ok());
    Email c = FullTestEmail("c");
    for (Recipient& recipient : c.recipients) recipient.next_attempt_time = kTestStart;
    EXPECT_TRUE(blocking.Accept(c, "content of c").ok());
    EXPECT_TRUE(blocking.Accept(TestEmail("d", 1, kTestStart - absl::Hours(1)), "d").ok());
    claim();
    EXPECT_TRUE(blocking.Cancel("d", kTestStart).ok());
  }

  // Texts of all emails, with their contents.
  static std::map<std::string, std::string> Emails(Store& store) {
    BlockingStore blocking(store);
    std::map<std::string, std::string> texts;
    for (const char* id : {"a", "b", "c", "d"}) {
      const absl::StatusOr<Email> email = blocking.ReadEmail(id);
      const auto content = blocking.ReadContent(id);
      texts[id] = absl::StrCat(email.ok() ? ToText(*email) : email.status().ToString(), " ",
                               content.ok() ? *content : "-");
    }
    return texts;
  }

  std::unique_ptr<Database> Open(const std::string& path) {
    return Database::Open({.path = path}, random_).value();
  }

  // A copy of the database with some damage.
  std::unique_ptr<Database> Damaged(const std::string& name,
                                    const std::function<void(Database::Batch&)>& damage) {
    if (intact_ == nullptr) intact_ = Open(path_);
    copy_ = absl::StrCat(path_, "_", name);
    EXPECT_TRUE(intact_->BackUp(copy_).ok());
    auto database = Open(copy_);
    Database::Batch batch(*database);
    damage(batch);
    EXPECT_TRUE(database->Write(batch).ok());
    return database;
  }

  RepairOptions Options() const { return {copy_ + "_quarantine", false, kTestStart}; }

  const std::string path_ =
      absl::StrCat(testing::TempDir(), "/repair_",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
  SystemRandomSource random_;
  std::unique_ptr<Database> intact_;
  std::string copy_;
};

TEST_F(RepairTest, LeavesAnIntactDatabaseAlone) {
  const auto database = Open(path_);
  ASSERT_EQ(Problems(*database), "");
  copy_ = path_;
  const Repair repair = RepairDatabase(*database, Options()).value();
  EXPECT_EQ(absl::StrJoin(repair.changes, "\n"), "");
  EXPECT_EQ(repair.change_count, 0);
  EXPECT_FALSE(std::filesystem::exists(Options().quarantine_folder));
}

struct Case {
  const char* name;
  std::function<void(Database::Batch&)> damage;
  // What is said of it.
  const char* change;
  // What cannot be as before. All other emails must be, to the letter.
  std::vector<std::string> changed = {};
  int given_up = 0;
  int set_aside = 0;
  // Whether the log still tells of every email from the beginning.
  bool log_is_whole = true;
};

std::vector<Case> Cases() {
  const auto put = [](Family family, const std::string& key, const std::string& value = kGarbage) {
    return [=](Database::Batch& batch) { batch.Put(family, key, value); };
  };
  const auto lose = [](Family family, const std::string& key) {
    return [=](Database::Batch& batch) { batch.Delete(family, key); };
  };
  const std::string place = EncodeListPlace({ToNanos(kTestStart), "a"});
  const std::string due = EncodeDueKey({ToNanos(kTestStart), "a", 1});
  Recipient older = TestEmail("b", 1, kTestStart - absl::Hours(1)).recipients[0];
  older.revision = 5;
  return {
      {"garbled email",
       put(Family::kEmails, "a"),
       "recipient 2 of a has failed",
       {"a"},
       3,
       6,
       false},
      {"lost email",
       lose(Family::kEmails, "a"),
       "recipients a\\x00\\x00\\x00\\x02: has no email",
       {"a"},
       3,
       5,
       false},
      {"lost settled email", lose(Family::kEmails, "b"), "has no email", {"b"}, 0, 1, false},
      {"garbled recipient",
       put(Family::kRecipients, RecipientKey("b", 0)),
       "rebuilt from event 6",
       {},
       0,
       1},
      {"garbled deferred recipient",
       put(Family::kRecipients, RecipientKey("a", 0)),
       "rebuilt from event 4",
       {},
       0,
       1},
      {"lost recipient", lose(Family::kRecipients, RecipientKey("a", 1)), "rebuilt from event 2"},
      {"recipient of an older state",
       put(Family::kRecipients, RecipientKey("b", 0), EncodeRecipient(older)),
       "rebuilt from event 6"},
      {"recipient of nobody",
       put(Family::kRecipients, RecipientKey("x", 0),
           EncodeRecipient(TestEmail("x").recipients[0])),
       "has no email",
       {},
       1,
       1,
       false},
      {"recipient too many",
       put(Family::kRecipients, RecipientKey("a", 7),
           EncodeRecipient(TestEmail("a").recipients[0])),
       "has no email; set aside",
       {},
       0,
       1},
      {"recipient and its event",
       [](Database::Batch& batch) {
         batch.Put(Family::kRecipients, RecipientKey("a", 1), kGarbage);
         batch.Put(Family::kEvents, EventKey(2), kGarbage);
       },
       "failed with event 10",
       {"a"},
       1,
       2,
       false},
      {"lost content", lose(Family::kContents, "c"), "failed with event 10", {"c"}, 2},
      {"content too many",
       put(Family::kContents, "b", "content"),
       "is left of a settled email",
       {},
       0,
       1},
      {"content of nobody", put(Family::kContents, "x", "content"), "has no email", {}, 0, 1},
      {"lost due time", lose(Family::kDue, due), "due"},
      {"wrong due time", put(Family::kDue, EncodeDueKey({7, "a", 1}), ""), "leads nowhere"},
      {"due time of nobody", put(Family::kDue, EncodeDueKey({7, "x", 0}), ""), "leads nowhere"},
      {"garbled due time", put(Family::kDue, "x", ""), "leads nowhere"},
      {"lost last event", lose(Family::kEvents, EventKey(9)), "rebuilt from its recipient"},
      {"lost settling event", lose(Family::kEvents, EventKey(6)), "rebuilt from its recipient"},
      {"garbled last event",
       put(Family::kEvents, EventKey(4)),
       "rebuilt from its recipient",
       {},
       0,
       1},
      {"lost early event", lose(Family::kEvents, EventKey(5)), "is lost", {}, 0, 0, false},
      {"garbled early event", put(Family::kEvents, EventKey(1)), "is lost", {}, 0, 1, false},
      {"lost place by time", lose(Family::kByTime, place), "by_time"},
      {"lost place by tag",
       lose(Family::kByTag,
            absl::StrCat(TagPrefix("team", "shop"), EncodeListPlace({ToNanos(kTestStart), "c"}))),
       "by_tag"},
      {"lost place by recipient",
       lose(Family::kByRecipient, absl::StrCat(AddressPrefix("r2@example.com"), place)),
       "by_recipient"},
      {"garbled request key", put(Family::kRequestKeys, "x"), "request_keys x", {}, 0, 1},
      {"garbled cancellation", put(Family::kCancelled, "d"), "put down anew", {}, 0, 1},
      {"cancellation of nobody", put(Family::kCancelled, "x", EncodeCancelTime(kTestStart)),
       "leads nowhere"},
      {"garbled dialogue", put(Family::kDialogues, DialogueKey("a", 4)), "dialogues a", {}, 0, 1},
      {"wrong totals", put(Family::kMeta, kQueueTotalsKey, EncodeQueueTotals({7, 7, 7})),
       "counted anew"},
      {"garbled totals", put(Family::kMeta, kQueueTotalsKey), "counted anew"},
      {"garbled beginning of the log", put(Family::kMeta, kTrimmedSequenceKey), "counted anew"},
  };
}

TEST_F(RepairTest, EveryKindOfDamageIsRepairedAndNothingElseIsTouched) {
  const std::map<std::string, std::string> before =
      Emails(*OpenRocksDbStore({.path = path_}).value());
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    {
      const auto database = Damaged(c.name, c.damage);
      const std::string problems = Problems(*database);
      if (std::string(c.name) != "recipient too many") EXPECT_NE(problems, "");

      RepairOptions options = Options();
      options.dry_run = true;
      const Repair plan = RepairDatabase(*database, options).value();
      EXPECT_EQ(Problems(*database), problems);
      EXPECT_FALSE(std::filesystem::exists(options.quarantine_folder));

      const Repair repair = RepairDatabase(*database, Options()).value();
      EXPECT_EQ(repair.changes, plan.changes);
      EXPECT_THAT(absl::StrJoin(repair.changes, "\n"), HasSubstr(c.change));
      EXPECT_EQ(repair.given_up, c.given_up);
      EXPECT_EQ(repair.set_aside, c.set_aside);
      EXPECT_EQ(Problems(*database), "");
      EXPECT_EQ(RepairDatabase(*database, Options())->change_count, 0);
    }
    const auto store = OpenRocksDbStore({.path = copy_}).value();
    std::map<std::string, std::string> expected = before;
    std::map<std::string, std::string> after = Emails(*store);
    for (const std::string& id : c.changed) {
      EXPECT_NE(after[id], expected[id]);
      expected.erase(id);
      after.erase(id);
    }
    EXPECT_EQ(after, expected);
    if (!c.log_is_whole) continue;
    EXPECT_EQ(absl::StrJoin(AuditStore(*store, /*claim_all=*/false).problems, "\n"), "");
  }
}

TEST_F(RepairTest, PlacesThatLeadNowhereAreRemoved) {
  const std::string nobody = EncodeListPlace({ToNanos(kTestStart), "x"});
  const std::string wrong_time = EncodeListPlace({7, "a"});
  const auto database = Damaged("places", [&](Database::Batch& batch) {
    batch.Put(Family::kByTime, nobody, "");
    batch.Put(Family::kByTime, wrong_time, "");
    batch.Put(Family::kByTime, "?", "");
    batch.Put(Family::kByTag, absl::StrCat(TagPrefix("team", "none"), nobody), "");
    batch.Put(Family::kByRecipient, "\xff\xff\xff\xff", "");
  });
  EXPECT_EQ(RepairDatabase(*database, Options())->change_count, 5);
  EXPECT_TRUE(absl::IsNotFound(database->Get(Family::kByTime, wrong_time).status()));
  EXPECT_EQ(VerifyDatabase(*database)->records[static_cast<int>(Family::kByTime)], 4);
}

TEST_F(RepairTest, WhatIsTakenOutIsInTheQuarantine) {
  const auto database =
      Damaged("aside", [](auto& batch) { batch.Put(Family::kEmails, "a", kGarbage); });
  ASSERT_TRUE(RepairDatabase(*database, Options()).ok());
  EXPECT_EQ(ReadFile(Options().quarantine_folder + "/a.eml"), "content of a");
  EXPECT_THAT(
      ReadFile(Options().quarantine_folder + "/records.jsonl"),
      HasSubstr(
          R"({"family": "emails", "reason": "does not parse", "key": "YQ==", "value": "//8="})"));
}

// Whoever waits for the email learns that it will not be sent.
TEST_F(RepairTest, LostEmailsEndInFailure) {
  {
    const auto database = Damaged("lost", [](auto& batch) { batch.Delete(Family::kEmails, "c"); });
    ASSERT_TRUE(RepairDatabase(*database, Options()).ok());
  }
  const auto store = OpenRocksDbStore({.path = copy_}).value();
  const EventBatch events = BlockingStore(*store).ReadEvents(9, 10).value();
  ASSERT_EQ(events.events.size(), 2);
  for (const auto& event : events.events) {
    EXPECT_EQ(event->email_id, "c");
    EXPECT_EQ(event->tags.at("team"), "shop");
    EXPECT_EQ(event->recipient.state, RecipientState::kFailed);
    EXPECT_THAT(event->recipient.last_attempt->description, HasSubstr("was lost"));
  }
  EXPECT_FALSE(events.events[0]->email_settled);
  EXPECT_TRUE(events.events[1]->email_settled);
}

// A hole in the log does not stop those who read it, and does not count as damage afterwards.
TEST_F(RepairTest, TheLogCanBeReadAcrossLostEvents) {
  {
    const auto database = Damaged("log", [](Database::Batch& batch) {
      batch.Delete(Family::kEvents, EventKey(2));
      batch.Put(Family::kEvents, EventKey(3), kGarbage);
      batch.Delete(Family::kEvents, EventKey(5));
    });
    ASSERT_TRUE(RepairDatabase(*database, Options()).ok());
    EXPECT_EQ(VerifyDatabase(*database)->lost_events, 1);
  }
  const auto store = OpenRocksDbStore({.path = copy_}).value();
  const EventBatch events = BlockingStore(*store).ReadEvents(0, 100).value();
  std::vector<int64_t> sequences;
  for (const auto& event : events.events) sequences.push_back(event->sequence);
  // 2 and 3 were the last ones of their recipients.
  EXPECT_THAT(sequences, testing::ElementsAre(1, 2, 3, 4, 6, 7, 8, 9));
  EXPECT_EQ(events.last_sequence, 9);
  EXPECT_EQ(BlockingStore(*store).ListDamaged(10)->count, 0);
}

}  // namespace
}  // namespace mailstrom::storage
