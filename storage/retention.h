#ifndef MAILSTROM_STORAGE_RETENTION_H_
#define MAILSTROM_STORAGE_RETENTION_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "storage/database.h"
#include "storage/records.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// Records that go in one step because they are past their retention.
struct ExpiredRun {
  // Events from the beginning of the log up to here go.
  int64_t through_sequence = 0;
  // What else goes: all that belongs to the emails that these events settled.
  std::vector<std::pair<Family, std::string>> records;
};

// Decides what is past its retention. An event is so once it is older than the period; a settled
// email is when the event that settled it is; an email that is not settled never is, although its
// first events may be gone. So the head of the event log tells what has to go next, in the order in
// which it has to go, and nothing else is looked at. (A compaction filter could not tell: it sees
// one recipient, and not whether the others have settled.)
// Thread-safe; blocks on the disk.
class Retention {
 public:
  // Both must outlive this. `period` is InfiniteDuration when everything is kept.
  Retention(const Database& database, const Clock& clock, absl::Duration period)
      : database_(database), clock_(clock), period_(period) {}

  // Whether what happened at `event_time` is past its retention.
  bool HasExpired(absl::Time event_time) const;
  // Whether a settled email is; false for others.
  absl::StatusOr<bool> HasExpired(const Email& email) const;

  // The next that goes, in pieces of a bounded size; nothing when nothing has to.
  absl::StatusOr<std::optional<ExpiredRun>> NextRun() const;

  // Events up to here are gone from the disk; set by the writer.
  int64_t trimmed_sequence() const { return trimmed_sequence_; }
  void SetTrimmed(int64_t sequence) { trimmed_sequence_ = sequence; }

 private:
  absl::Status AddRecordsOf(const std::string& email_id, ExpiredRun& run) const;
  absl::Status AddKeys(Family family, const std::string& begin, const std::string& end,
                       ExpiredRun& run) const;

  const Database& database_;
  const Clock& clock_;
  const absl::Duration period_;
  std::atomic<int64_t> trimmed_sequence_ = 0;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_RETENTION_H_
