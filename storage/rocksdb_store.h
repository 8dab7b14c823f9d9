#ifndef MAILSTROM_STORAGE_ROCKSDB_STORE_H_
#define MAILSTROM_STORAGE_ROCKSDB_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "storage/failpoint.h"
#include "storage/store.h"
#include "storage/store_figures.h"

namespace rocksdb {
class Env;
}

namespace mailstrom::storage {

struct RocksDbStoreOptions {
  // Folder of the database; made when it does not exist. One process at a time may open it.
  std::string path;
  // Memory for blocks read from disk, their indexes and filters included.
  size_t block_cache_bytes = size_t{64} << 20;
  // Memory for changes not yet written into sorted files.
  size_t write_buffer_bytes = size_t{24} << 20;
  // Threads that read, at least 1.
  int reader_threads = 4;
  // A commit takes in waiting calls until it holds this much.
  size_t max_group_bytes = size_t{8} << 20;
  // Due recipients known in memory, so that the due index is not read again for each of them.
  size_t due_window_entries = 10000;
  // Memory for emails just accepted, until they are attempted.
  size_t fresh_bytes = size_t{8} << 20;
  // Newest events kept in memory for watchers who are up to date.
  size_t recent_events = 4096;
  StoreLimits limits = {};
  // Settled emails, and events, are gone this long after they settled or happened. Emails that are
  // not settled stay. InfiniteDuration: everything is kept.
  absl::Duration retention = absl::InfiniteDuration();
  // How often it is looked whether something is past its retention, to remove it from the disk.
  // Nobody sees it before that.
  absl::Duration retention_interval = absl::Seconds(10);
  // Tells what is past its retention; the machine's own when null. Must outlive the store.
  const Clock* clock = nullptr;
  // Records read for one page of a list, about.
  int max_list_reads = 10000;
  // While the store cannot write, it is tried this often whether it can again.
  absl::Duration recovery_interval = absl::Seconds(1);
  // Files and threads; the machine's own when null. Must outlive the store.
  rocksdb::Env* env = nullptr;
  // For tests.
  Failpoints failpoints = {};
};

// A store inside this process, on the machine's own disk.
class EmbeddedStore : public Store {
 public:
  // Makes `folder`, which must not exist, a copy of the store at one moment of the call, which can
  // be opened like it. Others go on meanwhile; blocks the caller. Unavailable: not made.
  virtual absl::Status BackUp(const std::string& folder) = 0;

  // When the oldest email was accepted that is not settled; InfiniteFuture when all are. Blocks the
  // caller. Errors as for reading.
  virtual absl::StatusOr<absl::Time> OldestQueued() = 0;

  // As long as the store lives.
  virtual const WriteTimes& write_times() const = 0;
  virtual const StoreFailures& failures() const = 0;
  virtual StoreMemory memory() const = 0;
};

// Opens the embedded store, which survives kill -9 and loss of power. The one owner of the
// database. Unavailable: the folder cannot be opened (in use, not permitted, no room). DataLoss:
// the database is corrupt. FailedPrecondition: a newer version of this program wrote it. What an
// older version wrote is brought up to date first.
absl::StatusOr<std::unique_ptr<EmbeddedStore>> OpenRocksDbStore(RocksDbStoreOptions options);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_ROCKSDB_STORE_H_
