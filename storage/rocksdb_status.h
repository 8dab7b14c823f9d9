#ifndef MAILSTROM_STORAGE_ROCKSDB_STATUS_H_
#define MAILSTROM_STORAGE_ROCKSDB_STATUS_H_

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace mailstrom::storage {

// The one place where RocksDB's errors become ours. NotFound stays what it is; damage is DataLoss;
// what may pass (disk full, I/O errors, locks, a database that went read-only) is Unavailable;
// misuse is Internal.
absl::Status FromRocksDb(const rocksdb::Status& status);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_ROCKSDB_STATUS_H_
