// Runs mailstrom-store on real databases, whole and damaged.

#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/random_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/database.h"
#include "storage/rocksdb_store.h"
#include "storage/schema.h"
#include "storage/store_audit.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

using testing::HasSubstr;

struct Answer {
  int exit_code = -1;
  std::string output;
};

Answer Tool(const std::string& arguments) {
  FILE* pipe =
      popen(absl::StrCat("storage/tool/mailstrom-store ", arguments, " 2>&1").c_str(), "r");
  if (pipe == nullptr) std::abort();
  Answer answer;
  std::array<char, 4096> buffer;
  size_t got = 0;
  while ((got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    answer.output.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  answer.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

class MailstromStoreTest : public testing::Test {
 protected:
  MailstromStoreTest() {
    const auto store = OpenRocksDbStore({.path = path_}).value();
    EXPECT_TRUE(BlockingStore(*store).Accept(TestEmail("a", 2), "content").ok());
    EXPECT_TRUE(BlockingStore(*store).Accept(TestEmail("b"), "content").ok());
  }

  const std::string path_ = absl::StrCat(
      testing::TempDir(), "/tool_", testing::UnitTest::GetInstance()->current_test_info()->name());
  SystemRandomSource random_;
};

TEST_F(MailstromStoreTest, InspectCounts) {
  const Answer answer = Tool(absl::StrCat("--json inspect ", path_));
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_THAT(answer.output, HasSubstr("\"queued\": 3"));
  EXPECT_THAT(answer.output, HasSubstr("\"emails\": {\"records\": 2"));
  EXPECT_THAT(answer.output, HasSubstr("\"problem_count\": 0"));
}

TEST_F(MailstromStoreTest, ShowTellsOfOneEmail) {
  const Answer answer = Tool(absl::StrCat("show ", path_, " a"));
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_THAT(answer.output, HasSubstr("has_content: true"));
  EXPECT_THAT(answer.output, HasSubstr("state: \"QUEUED\""));
  EXPECT_EQ(Tool(absl::StrCat("show ", path_, " nobody")).exit_code, 1);
}

TEST_F(MailstromStoreTest, VerifyFindsDamage) {
  EXPECT_EQ(Tool(absl::StrCat("verify ", path_)).exit_code, 0);
  {
    const auto database = Database::Open({.path = path_}, random_).value();
    Database::Batch batch(*database);
    batch.Put(Family::kRecipients, RecipientKey("a", 1), "\xff");
    ASSERT_TRUE(database->Write(batch).ok());
  }
  const Answer answer = Tool(absl::StrCat("verify ", path_));
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_THAT(answer.output, HasSubstr("recipients a"));
}

TEST_F(MailstromStoreTest, BackupCanBeOpened) {
  const std::string folder = path_ + "_copy";
  EXPECT_EQ(Tool(absl::StrCat("backup ", path_, " ", folder)).exit_code, 0);
  const auto store = OpenRocksDbStore({.path = folder}).value();
  const StoreAudit audit = AuditStore(*store, /*claim_all=*/true);
  EXPECT_EQ(absl::StrJoin(audit.problems, "\n"), "");
  EXPECT_EQ(audit.queued, 3);
  EXPECT_EQ(Tool(absl::StrCat("backup ", path_, " ", folder)).exit_code, 1);
}

TEST_F(MailstromStoreTest, ADatabaseThatDoesNotExistIsNotMade) {
  EXPECT_EQ(Tool(absl::StrCat("verify ", path_, "_none")).exit_code, 1);
  EXPECT_EQ(Tool(absl::StrCat("backup ", path_, "_none ", path_, "_copy")).exit_code, 1);
  EXPECT_EQ(Tool("explode x").exit_code, 2);
}

TEST_F(MailstromStoreTest, RepairCopiesAndMakesWhole) {
  {
    const auto database = Database::Open({.path = path_}, random_).value();
    Database::Batch batch(*database);
    batch.Put(Family::kRecipients, RecipientKey("a", 1), "\xff");
    ASSERT_TRUE(database->Write(batch).ok());
  }
  const Answer plan = Tool(absl::StrCat("--dry-run repair ", path_, "/"));
  EXPECT_EQ(plan.exit_code, 0);
  EXPECT_THAT(plan.output, HasSubstr("rebuilt from event 2"));
  EXPECT_EQ(Tool(absl::StrCat("verify ", path_)).exit_code, 1);

  const Answer answer = Tool(absl::StrCat("repair ", path_, "/"));
  EXPECT_EQ(answer.exit_code, 0) << answer.output;
  EXPECT_THAT(answer.output, HasSubstr("1 records set aside, 0 recipients given up\n0 problems"));
  EXPECT_EQ(Tool(absl::StrCat("verify ", path_)).exit_code, 0);
  EXPECT_EQ(Tool(absl::StrCat("verify ", path_, ".before-repair")).exit_code, 1);

  // The copy of the first state is not overwritten.
  EXPECT_EQ(Tool(absl::StrCat("repair ", path_)).exit_code, 1);
  EXPECT_EQ(Tool(absl::StrCat("--no-backup repair ", path_)).exit_code, 0);
}

TEST_F(MailstromStoreTest, SalvageReadsAroundALostFile) {
  {
    // What is in the log only goes into files.
    const auto database = Database::Open({.path = path_}, random_).value();
  }
  int removed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().extension() == ".sst" && removed++ == 0) {
      std::filesystem::remove(entry.path());
    }
  }
  ASSERT_GT(removed, 1);
  EXPECT_EQ(Tool(absl::StrCat("verify ", path_)).exit_code, 1);
  const std::string folder = path_ + "_copy";
  const Answer answer = Tool(absl::StrCat("salvage ", path_, " ", folder));
  EXPECT_EQ(answer.exit_code, 0) << answer.output;
  EXPECT_EQ(Tool(absl::StrCat("verify ", folder)).output, "0 problems\n");
  EXPECT_EQ(Tool(absl::StrCat("salvage ", path_, " ", folder)).exit_code, 1);
}

// The backup is of one moment, in the middle of everything.
TEST_F(MailstromStoreTest, ABackupUnderLoadIsWhole) {
  const std::string folder = path_ + "_copy";
  const auto store = OpenRocksDbStore({.path = path_}).value();
  std::atomic<int> accepted = 0;
  std::atomic<bool> stop = false;
  std::thread caller([&] {
    for (int i = 0; !stop; ++i) {
      if (!BlockingStore(*store).Accept(TestEmail(absl::StrCat("x", i), 2), "content").ok()) {
        std::abort();
      }
      ++accepted;
      for (const auto& claimed : AllOf(BlockingStore(*store).ClaimDue(kTestStart, 1).value())) {
        if (!BlockingStore(*store).RecordOutcomes({Delivered(claimed)}).ok()) std::abort();
      }
    }
  });
  while (accepted < 50) std::this_thread::yield();
  const int before = accepted;
  const absl::Status made = store->BackUp(folder);
  stop = true;
  caller.join();
  ASSERT_TRUE(made.ok()) << made;
  EXPECT_EQ(Tool(absl::StrCat("verify ", folder)).output, "0 problems\n");
  const auto copy = OpenRocksDbStore({.path = folder}).value();
  const StoreAudit audit = AuditStore(*copy, /*claim_all=*/true);
  EXPECT_EQ(absl::StrJoin(audit.problems, "\n"), "");
  EXPECT_GE(audit.emails, before + 2);
  EXPECT_EQ(audit.queued + audit.delivered, 3 + 2 * (audit.emails - 2));
}

}  // namespace
}  // namespace mailstrom::storage
