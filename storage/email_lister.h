#ifndef MAILSTROM_STORAGE_EMAIL_LISTER_H_
#define MAILSTROM_STORAGE_EMAIL_LISTER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/damage_log.h"
#include "storage/database.h"
#include "storage/list_query.h"
#include "storage/record_reader.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Makes lists from the indexes: reads the one that is likely to lead to the fewest emails, and
// holds these against the rest of the query. Thread-safe; blocks on the disk.
class EmailLister {
 public:
  // Up to `max_reads` records are read for one page, or few more. All must outlive the lister.
  EmailLister(const Database& database, const RecordReader& reader, DamageLog& damage,
              int max_reads)
      : database_(database), reader_(reader), damage_(damage), max_reads_(max_reads) {}

  // See Store.
  absl::StatusOr<ListPage> ListEmails(const ListQuery& query) const;

 private:
  struct Walk;

  // The next places of the index, at most `max`.
  absl::StatusOr<std::vector<ListPlace>> NextPlaces(const Walk& walk, size_t max) const;
  absl::Status Visit(const ListQuery& query, const std::vector<ListPlace>& places,
                     Walk& walk) const;

  const Database& database_;
  const RecordReader& reader_;
  DamageLog& damage_;
  const int max_reads_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_EMAIL_LISTER_H_
