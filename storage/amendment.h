#ifndef MAILSTROM_STORAGE_AMENDMENT_H_
#define MAILSTROM_STORAGE_AMENDMENT_H_

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/database.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// A database as it will be with some changes, which can be looked at before they are made. Holds
// the changes in memory. Not thread-safe.
class Amendment {
 public:
  // `database` must outlive this.
  explicit Amendment(Database& database) : database_(database) {}

  // NotFound: there will be no such record. DataLoss: it cannot be read.
  absl::StatusOr<std::string> Get(Family family, absl::string_view key) const;
  bool Has(Family family, absl::string_view key) const { return Get(family, key).ok(); }

  void Put(Family family, absl::string_view key, std::string value);
  void Delete(Family family, absl::string_view key);

  // Makes the changes, in steps, each of them durable. If it fails in between, some are made.
  absl::Status Apply();

 private:
  Database& database_;
  // Nothing: deleted.
  std::map<std::pair<Family, std::string>, std::optional<std::string>> changes_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_AMENDMENT_H_
