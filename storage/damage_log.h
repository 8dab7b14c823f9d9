#ifndef MAILSTROM_STORAGE_DAMAGE_LOG_H_
#define MAILSTROM_STORAGE_DAMAGE_LOG_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "storage/database.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Remembers records that do not parse, so that someone can look after them, while everybody else
// passes over them. Thread-safe.
class DamageLog {
 public:
  // Puts a mark down some time later.
  using Marker = std::function<void(const std::string& key, const std::string& value)>;

  // `database` must outlive the log. `mark` must not block.
  DamageLog(const Database& database, Marker mark) : database_(database), mark_(std::move(mark)) {}

  // Tells of a record of `family` under `key`. Nothing happens unless `why` is DataLoss.
  void Report(Family family, absl::string_view key, const absl::Status& why);

  // See Store::ListDamaged.
  absl::StatusOr<DamagedRecords> List(int max_records) const;

 private:
  const Database& database_;
  const Marker mark_;

  absl::Mutex mutex_;
  // Marks put down by this process, or so many of them that the same is not marked all the time.
  absl::flat_hash_set<std::string> marked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_DAMAGE_LOG_H_
