#ifndef MAILSTROM_STORAGE_REQUEST_KEY_FILTER_H_
#define MAILSTROM_STORAGE_REQUEST_KEY_FILTER_H_

#include <memory>

#include "base/clock.h"
#include "rocksdb/compaction_filter.h"
#include "storage/failpoint.h"

namespace mailstrom::storage {

// Drops request keys that have expired, as RocksDB rewrites the files in which they are: each key
// tells its end by itself, so nothing has to look for them. They stay for an hour longer, for
// clocks may be set back. `clock`: the machine's own when null; else it must outlive the factory.
std::shared_ptr<rocksdb::CompactionFilterFactory> NewRequestKeyFilterFactory(
    const Clock* clock, Failpoints failpoints = {});

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_REQUEST_KEY_FILTER_H_
