#ifndef MAILSTROM_STORAGE_ROCKSDB_TUNING_H_
#define MAILSTROM_STORAGE_ROCKSDB_TUNING_H_

#include <cstddef>
#include <memory>

#include "rocksdb/cache.h"
#include "rocksdb/options.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// How RocksDB is set up for a queue of emails, and why.

rocksdb::DBOptions TunedDbOptions(size_t write_buffer_bytes);

// `block_cache` is shared by all families.
rocksdb::ColumnFamilyOptions TunedFamilyOptions(Family family, size_t write_buffer_bytes,
                                                std::shared_ptr<rocksdb::Cache> block_cache);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_ROCKSDB_TUNING_H_
