#ifndef MAILSTROM_STORAGE_UNSETTLED_COUNTS_H_
#define MAILSTROM_STORAGE_UNSETTLED_COUNTS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/damage_log.h"
#include "storage/database.h"
#include "storage/records.h"

namespace mailstrom::storage {

// How many recipients of an email are not settled, which tells when the last one is. A cache: what
// is missing is counted on the disk. An email with a single recipient needs no count. Not
// thread-safe.
class UnsettledCounts {
 public:
  // Both must outlive the counts.
  UnsettledCounts(const Database& database, DamageLog& damage)
      : database_(database), damage_(damage) {}

  void Put(const EmailRecord& record, int unsettled);
  // Makes sure that the email can be settled. What changes it must all be on the disk or among the
  // counts. Errors: the disk cannot be read.
  absl::Status Load(const EmailRecord& record);
  // One recipient more is settled, of an email that was put or loaded. Whether it was the last.
  bool Settle(const EmailRecord& record);

  // Bounds the memory. Not between Load and Settle.
  void Trim();
  void Clear() { counts_.clear(); }

 private:
  absl::StatusOr<int> Count(const EmailRecord& record) const;

  const Database& database_;
  DamageLog& damage_;
  absl::flat_hash_map<std::string, int> counts_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_UNSETTLED_COUNTS_H_
