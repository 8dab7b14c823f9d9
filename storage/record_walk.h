#ifndef MAILSTROM_STORAGE_RECORD_WALK_H_
#define MAILSTROM_STORAGE_RECORD_WALK_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/database.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// Shows all records of a family, in order and in bounded memory. `visit` may use the database. As
// nothing holds it still meanwhile, nobody else should write. Errors: the disk cannot be read.
absl::Status ForEachRecord(
    const Database& database, Family family,
    absl::FunctionRef<void(absl::string_view key, absl::string_view value)> visit);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_RECORD_WALK_H_
