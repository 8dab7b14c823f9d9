#ifndef MAILSTROM_STORAGE_REPAIR_H_
#define MAILSTROM_STORAGE_REPAIR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/database.h"

namespace mailstrom::storage {

struct RepairOptions {
  // Where records go that are taken out (see Quarantine).
  std::string quarantine_folder;
  // Only says what would be done.
  bool dry_run = false;
  // When recipients fail that nobody can be delivered to any more.
  absl::Time now;
};

// What was done, or would be.
struct Repair {
  int64_t change_count = 0;
  // Sentences about the first of the changes.
  std::vector<std::string> changes;
  // Records that went into the quarantine.
  int64_t set_aside = 0;
  // Recipients that were not settled and have failed, because their email cannot be sent any more.
  int64_t given_up = 0;
};

// Makes the records of a database agree with each other, so that VerifyDatabase finds no problem:
//   * A record that does not parse, or belongs to nobody, is set aside and removed.
//   * Recipients are rebuilt from their last events, and last events from their recipients. A
//   number
//     in the event log that nothing is known of is put down as lost.
//   * Places in the due index and in the indexes for lists are added where they are missing and
//     removed where they lead nowhere.
//   * What can no longer be sent, because its content or its email's record is lost, fails, with
//     an event. So does a recipient of whom nothing is known, as one with an empty address.
//   * Totals are counted anew; marks of damage are removed.
// What is intact is left alone. Nobody else may use the database meanwhile. In memory that grows
// with the damage, not with the database. May be run again if it was ended half way.
// DataLoss: some records cannot be read at all. Unavailable: the disk cannot be written.
absl::StatusOr<Repair> RepairDatabase(Database& database, const RepairOptions& options);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_REPAIR_H_
