#include "storage/salvage.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/random_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/database.h"
#include "storage/repair.h"
#include "storage/rocksdb_store.h"
#include "storage/test_emails.h"
#include "storage/verification.h"

namespace mailstrom::storage {
namespace {

// Enough for many blocks.
constexpr int kEmails = 1500;
// So that contents go into blob files.
constexpr int kContentBytes = 1500;

std::string IdOf(int number) { return absl::StrFormat("email%06d", number); }

std::string ContentOf(int number) {
  return absl::StrCat(number, " ", std::string(kContentBytes, 'x'));
}

// Flips bits of one byte.
void Damage(const std::string& path, int64_t place) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(place);
  const char byte = static_cast<char>(file.get() ^ 0x55);
  file.seekp(place);
  file.put(byte);
}

class SalvageTest : public testing::Test {
 protected:
  SalvageTest() {
    {
      const auto store = OpenRocksDbStore({.path = path_}).value();
      for (int i = 0; i < kEmails; i += 100) Accept(*store, i);
    }
    // What was in the log only is in files then.
    const auto database = Database::Open({.path = path_}, random_).value();
  }

  void Accept(Store& store, int first) {
    BlockingStore blocking(store);
    for (int i = first; i < first + 100; ++i) {
      const absl::Time due = kTestStart + absl::Seconds(i);
      EXPECT_TRUE(blocking.Accept(TestEmail(IdOf(i), 1, due), ContentOf(i)).ok());
    }
  }

  // How many emails of the copy are as they were; the others must have failed or be gone.
  int CountIntact(const std::string& path) {
    const auto store = OpenRocksDbStore({.path = path}).value();
    BlockingStore blocking(*store);
    int intact = 0;
    for (int i = 0; i < kEmails; ++i) {
      const absl::StatusOr<Email> email = blocking.ReadEmail(IdOf(i));
      if (!email.ok()) {
        EXPECT_TRUE(absl::IsNotFound(email.status())) << email.status();
        continue;
      }
      const bool is_queued = email->recipients[0].state == RecipientState::kQueued;
      const absl::StatusOr<std::string> content = blocking.ReadContent(IdOf(i));
      EXPECT_EQ(content.ok(), is_queued);
      if (!is_queued) continue;
      EXPECT_EQ(*content, ContentOf(i));
      EXPECT_EQ(email->recipients[0].address, "r0@example.com");
      ++intact;
    }
    return intact;
  }

  // Salvages a copy of the database, one of whose files is damaged at `place` of its bytes.
  void CheckDamaged(const std::string& name, double place) {
    const std::string damaged = absl::StrCat(path_, "_", name);
    const std::string copy = absl::StrCat(damaged, "_copy");
    std::filesystem::copy(path_, damaged);
    const std::string file = absl::StrCat(damaged, "/", name);
    Damage(file,
           static_cast<int64_t>(place * static_cast<double>(std::filesystem::file_size(file))));
    {
      const auto from = Database::OpenForReading({.path = damaged, .is_damaged = true}).value();
      EXPECT_FALSE(from->VerifyChecksums().ok() && VerifyDatabase(*from).ok());
      const auto to = Database::Open({.path = copy}, random_).value();
      EXPECT_GT(SalvageRecords(*from, *to)->gaps, 0);
      RepairOptions options{.quarantine_folder = copy + "_quarantine", .now = kTestStart};
      ASSERT_TRUE(RepairDatabase(*to, options).ok());
      EXPECT_EQ(absl::StrJoin(VerifyDatabase(*to)->problems, "\n"), "");
    }
    // A block holds less than a third of the emails.
    EXPECT_GT(CountIntact(copy), kEmails * 2 / 3);
    std::filesystem::remove_all(damaged);
    std::filesystem::remove_all(copy);
  }

  const std::string path_ =
      absl::StrCat(testing::TempDir(), "/salvage_",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
  SystemRandomSource random_;
};

TEST_F(SalvageTest, ABadBlockCostsNoMoreThanItself) {
  int tables = 0;
  int blobs = 0;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    names.push_back(entry.path().filename());
  }
  for (const std::string& name : names) {
    const bool is_table = absl::EndsWith(name, ".sst");
    const bool is_blob = absl::EndsWith(name, ".blob");
    if (!is_table && !is_blob) continue;
    SCOPED_TRACE(name);
    CheckDamaged(name, 0.3);
    ++(is_table ? tables : blobs);
  }
  // Of emails, recipients, contents, due times, events, and two indexes, at least.
  EXPECT_GE(tables, 7);
  EXPECT_GE(blobs, 1);
}

TEST_F(SalvageTest, AnIntactDatabaseIsCopiedWhole) {
  const std::string copy = path_ + "_copy";
  {
    const auto from = Database::OpenForReading({.path = path_, .is_damaged = true}).value();
    const auto to = Database::Open({.path = copy}, random_).value();
    EXPECT_EQ(SalvageRecords(*from, *to)->gaps, 0);
    EXPECT_EQ(VerifyDatabase(*to)->records, VerifyDatabase(*from)->records);
    EXPECT_EQ(VerifyDatabase(*to)->problem_count, 0);
  }
  EXPECT_EQ(CountIntact(copy), kEmails);
}

}  // namespace
}  // namespace mailstrom::storage
