#ifndef MAILSTROM_STORAGE_DATABASE_H_
#define MAILSTROM_STORAGE_DATABASE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "storage/failpoint.h"
#include "storage/schema.h"
#include "storage/store_figures.h"

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace mailstrom::storage {

struct DatabaseOptions {
  std::string path;
  size_t block_cache_bytes = size_t{64} << 20;
  size_t write_buffer_bytes = size_t{24} << 20;
  // Files and threads; the machine's own when null. Must outlive the database.
  rocksdb::Env* env = nullptr;
  // Tells which request keys have expired, to drop them; the machine's own when null. Must outlive
  // the database.
  const Clock* clock = nullptr;
  Failpoints failpoints = {};
  // For reading a database of which files are missing or damaged: opens it all the same, and what
  // cannot be read is found out on the way.
  bool is_damaged = false;
};

// The embedded database: RocksDB behind a narrow door, through which neither its types nor its
// errors pass. Thread-safe; every call may block on the disk.
class Database {
 public:
  // Changes for one atomic step. For one writer, and not across Recover.
  class Batch {
   public:
    explicit Batch(const Database& database);
    ~Batch();

    void Put(Family family, absl::string_view key, absl::string_view value);
    // Deletes what was put exactly once since the last Drop of this key. In a queue, where the two
    // meet soon, such a pair vanishes without a trace (RocksDB's SingleDelete).
    void Drop(Family family, absl::string_view key);
    // Deletes a record, however often it was put.
    void Delete(Family family, absl::string_view key);
    // Deletes what is from `begin` on and before `end`, at the cost of one record.
    void DeleteRange(Family family, absl::string_view begin, absl::string_view end);

   private:
    friend class Database;
    struct Rep;
    std::unique_ptr<Rep> rep_;
  };

  // Opens or makes a database. Errors: see OpenRocksDbStore.
  static absl::StatusOr<std::unique_ptr<Database>> Open(DatabaseOptions options,
                                                        RandomSource& random);
  // Opens an existing database for reading, as it is now, without owning it: no file is changed,
  // and another process may own it and go on. DataLoss is then no proof of any: the owner may have
  // removed a file meanwhile.
  static absl::StatusOr<std::unique_ptr<Database>> OpenForReading(DatabaseOptions options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Drawn when the database was made.
  const std::string& log_id() const { return log_id_; }

  // Writes all of `batch`, synced to the disk, or nothing that a reader could see. After an error
  // only the next Open or Recover tells whether the batch has survived.
  absl::Status Write(Batch& batch);

  const WriteTimes& write_times() const { return write_times_; }
  const StoreFailures& failures() const { return failures_; }
  StoreMemory memory() const;

  // NotFound: no such record.
  absl::StatusOr<std::string> Get(Family family, absl::string_view key) const;

  // One answer for each key, all as of one moment.
  std::vector<absl::StatusOr<std::string>> MultiGet(Family family,
                                                    const std::vector<std::string>& keys) const;

  // Shows records from `begin` on and before `end` (empty: all that follow), as of one moment, in
  // order, until `visit` returns false.
  absl::Status Scan(
      Family family, absl::string_view begin, absl::string_view end,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const;

  // The same from before `end` (empty: the end of the family) back to `begin`.
  absl::Status ScanBackward(
      Family family, absl::string_view begin, absl::string_view end,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const;

  // The family's first or last key; empty when it has no record.
  absl::StatusOr<std::string> FirstKey(Family family) const;
  absl::StatusOr<std::string> LastKey(Family family) const;

  // Makes `folder`, which must not exist, a database like this one at one moment of the call, while
  // others go on reading and writing. Files are linked where the file system allows it, and copied
  // else. Unavailable: not made; nothing is left behind.
  absl::Status BackUp(const std::string& folder) const;

  // Reads all of the disk and compares checksums. DataLoss: some are wrong.
  absl::Status VerifyChecksums() const;

  // Makes the database usable again after a failed write, by closing and opening it. Unavailable:
  // the cause is still there; what is on the disk can be read as before.
  absl::Status Recover();

 private:
  struct Instance;

  explicit Database(DatabaseOptions options);
  absl::Status OpenInstance(bool read_only) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  rocksdb::Env* env() const;
  absl::Status CheckMeta(RandomSource& random);
  absl::Status InitMeta(RandomSource& random);
  absl::StatusOr<std::string> EdgeKey(Family family, bool last) const;
  // What a read of a record has come to, counted if it failed.
  absl::Status ReadStatus(const rocksdb::Status& status) const;

  const DatabaseOptions options_;
  std::string log_id_;
  WriteTimes write_times_;
  mutable StoreFailures failures_;
  mutable absl::Mutex mutex_;
  // Null when it could not be opened again.
  std::unique_ptr<Instance> instance_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_DATABASE_H_
