#ifndef MAILSTROM_STORAGE_MIGRATION_H_
#define MAILSTROM_STORAGE_MIGRATION_H_

#include "absl/status/status.h"
#include "storage/database.h"

namespace mailstrom::storage {

// Brings a database that an older version wrote up to kSchemaVersion, one version after the other.
// It may be ended at any moment and begun anew. Nobody else may write meanwhile. Records that do
// not parse are passed over. DataLoss: the schema version does not parse.
absl::Status Migrate(Database& database);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_MIGRATION_H_
