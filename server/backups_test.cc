#include "server/backups.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// At the fake clock's start.
constexpr char kFirst[] = "20260101T000000.000Z";

class BackupsTest : public testing::Test {
 protected:
  Backups New(absl::Duration interval, int kept) {
    return Backups({directory_, interval, kept}, clock_, [this](const std::string& folder) {
      if (full_) return absl::UnavailableError("the disk is full");
      std::filesystem::create_directory(folder);
      return absl::OkStatus();
    });
  }

  void Make(const std::string& name) {
    std::filesystem::create_directories(absl::StrCat(directory_, "/", name, "/file"));
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    if (!std::filesystem::exists(directory_)) return names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::string directory_ =
      absl::StrCat(testing::TempDir(), "/backups_",
                   testing::UnitTest::GetInstance()->current_test_info()->name(), "/below");
  FakeClock clock_;
  bool full_ = false;
};

TEST_F(BackupsTest, NoneByItselfWithoutAnInterval) {
  Backups backups = New(absl::InfiniteDuration(), 7);
  backups.MakeIfDue();
  EXPECT_THAT(Names(), IsEmpty());
  backups.Make();
  EXPECT_THAT(Names(), ElementsAre(kFirst));
}

TEST_F(BackupsTest, OnePerInterval) {
  Backups backups = New(absl::Hours(1), 7);
  backups.MakeIfDue();
  clock_.Advance(absl::Minutes(59));
  backups.MakeIfDue();
  EXPECT_THAT(Names(), ElementsAre(kFirst));
  clock_.Advance(absl::Minutes(1));
  backups.MakeIfDue();
  backups.MakeIfDue();
  EXPECT_THAT(Names(), ElementsAre(kFirst, "20260101T010000.000Z"));
}

TEST_F(BackupsTest, ARestartDoesNotMakeOneEarly) {
  New(absl::Hours(1), 7).MakeIfDue();
  clock_.Advance(absl::Minutes(59));
  New(absl::Hours(1), 7).MakeIfDue();
  EXPECT_THAT(Names(), ElementsAre(kFirst));
}

TEST_F(BackupsTest, OneFromTheFutureDoesNotHoldUpOthers) {
  Make("20990101T000000.000Z");
  New(absl::Hours(1), 7).MakeIfDue();
  EXPECT_THAT(Names(), ElementsAre(kFirst, "20990101T000000.000Z"));
}

TEST_F(BackupsTest, OldOnesGoAndNothingElse) {
  Make("20251229T000000.000Z");
  Make("20251230T000000.000Z");
  Make("20251231T000000.000Z");
  Make("20251231T120000.000Z.tmp");
  Make("mine.tmp");
  Make("20251228T000000Z");
  New(absl::Hours(1), 2).Make();
  EXPECT_THAT(Names(), ElementsAre("20251228T000000Z", "20251231T000000.000Z", kFirst, "mine.tmp"));
}

TEST_F(BackupsTest, AFailureRemovesNothingAndIsTriedAgain) {
  Make("20251230T000000.000Z");
  Make("20251231T000000.000Z");
  full_ = true;
  Backups backups = New(absl::Hours(1), 1);
  backups.MakeIfDue();
  EXPECT_THAT(Names(), ElementsAre("20251230T000000.000Z", "20251231T000000.000Z"));
  full_ = false;
  clock_.Advance(absl::Minutes(1));
  backups.MakeIfDue();
  EXPECT_EQ(Names().size(), 2);
  clock_.Advance(absl::Minutes(4));
  backups.MakeIfDue();
  EXPECT_THAT(Names(), ElementsAre("20260101T000500.000Z"));
}

}  // namespace
}  // namespace mailstrom::server
