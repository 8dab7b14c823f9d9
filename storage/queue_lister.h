#ifndef MAILSTROM_STORAGE_QUEUE_LISTER_H_
#define MAILSTROM_STORAGE_QUEUE_LISTER_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/damage_log.h"
#include "storage/database.h"
#include "storage/queue_view.h"
#include "storage/records.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// Looks through the queue along the due index. Thread-safe; blocks on the disk.
class QueueLister {
 public:
  // Reads about `max_reads` records for one page. All must outlive the lister.
  QueueLister(const Database& database, DamageLog& damage, int max_reads)
      : database_(database), damage_(damage), max_reads_(max_reads) {}

  // See Store.
  absl::StatusOr<QueuePage> ListQueue(const QueueQuery& query) const;
  absl::StatusOr<QueueSummary> SummarizeQueue(int max_domains) const;

 private:
  // The next places from `begin` on, at most `max`, and the key at which it stopped; empty: there
  // are no more.
  absl::Status ScanPlaces(const std::string& begin, size_t max, std::vector<DueKey>& places,
                          std::string& last) const;

  // Shows the recipients of `places`, in their order, and where the next begins, until `visit`
  // returns false.
  absl::Status Visit(
      const std::vector<DueKey>& places,
      absl::FunctionRef<bool(const DueKey& place, QueuedRecipient recipient)> visit) const;

  const Database& database_;
  DamageLog& damage_;
  const int max_reads_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_QUEUE_LISTER_H_
