#include "server/backups.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace mailstrom::server {
namespace {

constexpr char kNameFormat[] = "%Y%m%dT%H%M%E3SZ";
constexpr absl::string_view kUnfinished = ".tmp";
// A disk that is full stays so for a while, and each try costs.
constexpr absl::Duration kPauseAfterFailure = absl::Minutes(5);

std::string NameAt(absl::Time time) {
  return absl::FormatTime(kNameFormat, time, absl::UTCTimeZone());
}

// InfinitePast: not the name of a backup.
absl::Time TimeOf(const std::string& name) {
  // A parser would take all digits for the year.
  if (name.size() <= 8) return absl::InfinitePast();
  const std::string spaced =
      absl::StrCat(name.substr(0, 4), "-", name.substr(4, 2), "-", name.substr(6));
  absl::Time time;
  const bool parses =
      absl::ParseTime("%Y-%m-%dT%H%M%E3SZ", spaced, absl::UTCTimeZone(), &time, nullptr);
  // Parsing takes other spellings, too.
  return parses && NameAt(time) == name ? time : absl::InfinitePast();
}

bool IsBackup(const std::string& name) { return TimeOf(name) != absl::InfinitePast(); }

}  // namespace

Backups::Backups(BackupOptions options, const Clock& clock, MakeBackup make)
    : options_(std::move(options)), clock_(clock), make_(std::move(make)) {}

void Backups::Make() {
  if (options_.directory.empty()) {
    return LogError("no backup made", {{"error", "store.rocksdb.backup_directory is not set"}});
  }
  const std::string folder = absl::StrCat(options_.directory, "/", NameAt(clock_.Now()));
  if (const absl::Status status = TryMake(folder); !status.ok()) {
    next_try_ = clock_.Now() + std::min(options_.interval, kPauseAfterFailure);
    return LogError("no backup made", {{"error", std::string(status.message())}});
  }
  LogInfo("backup made", {{"folder", folder}});
  RemoveOld();
}

void Backups::MakeIfDue() {
  if (options_.directory.empty() || options_.interval == absl::InfiniteDuration()) return;
  const absl::Time now = clock_.Now();
  if (now < next_try_) return;
  const std::vector<std::string> names = List();
  const absl::Time newest = names.empty() ? absl::InfinitePast() : TimeOf(names.back());
  // One from the future was made before the clock was set back; it says nothing.
  if (newest <= now && now < newest + options_.interval) return;
  Make();
}

absl::Status Backups::TryMake(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(options_.directory, ": ", error.message()));
  }
  return make_(folder);
}

std::vector<std::string> Backups::List() const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(options_.directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (IsBackup(name)) names.push_back(std::move(name));
  }
  // The format sorts by time.
  std::sort(names.begin(), names.end());
  return names;
}

void Backups::RemoveOld() {
  std::vector<std::string> names = List();
  names.resize(names.size() - std::min<size_t>(names.size(), std::max(options_.kept, 1)));
  std::error_code error;
  std::filesystem::directory_iterator entries(options_.directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    // What a crash left half made.
    const std::string stem(absl::StripSuffix(name, kUnfinished));
    if (absl::EndsWith(name, kUnfinished) && IsBackup(stem)) names.push_back(std::move(name));
  }
  for (const std::string& name : names) {
    const std::string folder = absl::StrCat(options_.directory, "/", name);
    std::error_code failure;
    std::filesystem::remove_all(folder, failure);
    if (failure) {
      LogError("old backup not removed", {{"folder", folder}, {"error", failure.message()}});
    } else {
      LogInfo("old backup removed", {{"folder", folder}});
    }
  }
}

}  // namespace mailstrom::server
