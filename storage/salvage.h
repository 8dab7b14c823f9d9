#ifndef MAILSTROM_STORAGE_SALVAGE_H_
#define MAILSTROM_STORAGE_SALVAGE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "storage/database.h"

namespace mailstrom::storage {

struct Salvage {
  // Records that could be read.
  int64_t records = 0;
  // Places at which something between two keys could not.
  int64_t gaps = 0;
};

// Copies every record that can still be read from a database whose files are damaged into a new,
// empty one. Behind what cannot be read in a row, goes on with the next that can be, and looks up
// one by one the records whose keys are known from others. (RocksDB's own repair gives up whole
// files for one bad block, and forgets all blob files.) What is missing afterwards is a matter for
// RepairDatabase. `damaged` should be open with DatabaseOptions::is_damaged. Unavailable: `copy`
// cannot be written.
absl::StatusOr<Salvage> SalvageRecords(const Database& damaged, Database& copy);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_SALVAGE_H_
