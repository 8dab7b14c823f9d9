#ifndef MAILSTROM_STORAGE_QUARANTINE_H_
#define MAILSTROM_STORAGE_QUARANTINE_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// A folder for records that are taken out of a database, so that someone can still look at them.
// Messages become files `EMAIL_ID.eml`; other records become lines of `records.jsonl`, each a JSON
// object of `family`, `reason`, and `key` and `value` in base64. Not thread-safe.
class Quarantine {
 public:
  // The folder is made with the first record. What it holds already stays: messages are not
  // overwritten, and lines are appended.
  explicit Quarantine(std::string folder) : folder_(std::move(folder)) {}

  // Durable on return. `reason` is a phrase without quotes. Unavailable: it could not be written.
  absl::Status Add(Family family, absl::string_view key, absl::string_view value,
                   absl::string_view reason);

 private:
  absl::Status Write(const std::string& name, absl::string_view bytes, int flags);
  std::string NameOf(absl::string_view email_id) const;

  const std::string folder_;
  // Whose entries in the folder are durable.
  std::set<std::string> synced_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_QUARANTINE_H_
