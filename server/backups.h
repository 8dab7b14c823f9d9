#ifndef MAILSTROM_SERVER_BACKUPS_H_
#define MAILSTROM_SERVER_BACKUPS_H_

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace mailstrom::server {

struct BackupOptions {
  // Where the backups go; made when missing. Empty: none are made.
  std::string directory;
  // InfiniteDuration: only when asked for.
  absl::Duration interval = absl::InfiniteDuration();
  // The newest so many stay, at least 1.
  int kept = 7;
};

// Makes backups of a store, each in a folder `YYYYMMDDTHHMMSS.mmmZ` named after its time, and
// removes old ones. Folders of other names are left alone. What there is, is read from the
// directory, so a restart changes nothing. Blocks on the disk; not thread-safe.
class Backups {
 public:
  // Makes `folder`, which does not exist, a backup. Puts down nothing else if it fails, but maybe
  // `folder`.tmp.
  using MakeBackup = absl::AnyInvocable<absl::Status(const std::string& folder)>;

  // `clock` must outlive this.
  Backups(BackupOptions options, const Clock& clock, MakeBackup make);

  // Makes one and removes what is too many. The log says what came of it.
  void Make();

  // The same if the newest one is older than the interval. After a failure it is tried again a
  // while later.
  void MakeIfDue();

 private:
  absl::Status TryMake(const std::string& folder);
  // Names of the backups, oldest first.
  std::vector<std::string> List() const;
  void RemoveOld();

  const BackupOptions options_;
  const Clock& clock_;
  MakeBackup make_;
  // Not tried before by itself.
  absl::Time next_try_ = absl::InfinitePast();
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_BACKUPS_H_
