#ifndef MAILSTROM_STORAGE_TENANT_COUNTS_H_
#define MAILSTROM_STORAGE_TENANT_COUNTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/database.h"

namespace mailstrom::storage {

// How many recipients of each tenant are queued, as the disk has it: those that have any. Emails of
// nobody in particular are not among them. DataLoss: one of the numbers is none.
absl::StatusOr<std::map<std::string, int64_t>> ReadTenantCounts(const Database& database);

// The same in memory, with what the present group changes. Costs nothing while all emails are
// nobody's. For one thread.
class TenantCounts {
 public:
  // Starts anew with what is on the disk.
  absl::Status Load(const Database& database);

  void Add(const std::string& tenant, int64_t recipients);
  // Puts down what has changed since the last time.
  void Save(Database::Batch& batch);

  // Of one tenant; of nobody in particular: what is left of `all`, the whole queue's.
  int64_t Of(const std::string& tenant, int64_t all) const;

 private:
  absl::flat_hash_map<std::string, int64_t> counts_;
  int64_t sum_ = 0;
  absl::flat_hash_set<std::string> changed_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_TENANT_COUNTS_H_
