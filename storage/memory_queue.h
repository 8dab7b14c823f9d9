#ifndef MAILSTROM_STORAGE_MEMORY_QUEUE_H_
#define MAILSTROM_STORAGE_MEMORY_QUEUE_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Where a recipient stands in a queue in memory.
struct QueuePlace {
  absl::Time due_time;
  std::string email_id;
  int recipient_index = 0;

  friend bool operator<(const QueuePlace& a, const QueuePlace& b) {
    return std::tie(a.due_time, a.email_id, a.recipient_index) <
           std::tie(b.due_time, b.email_id, b.recipient_index);
  }
};

// The recipients of a store in memory that are not settled, claimed or not, in the order in which
// they are due. Not thread-safe.
class MemoryQueue {
 public:
  // A recipient as the store has it.
  struct Entry {
    const std::shared_ptr<const EmailRecord>& record;
    const Recipient& recipient;
  };
  using Lookup = absl::FunctionRef<Entry(const QueuePlace&)>;

  // Adds a recipient that nobody has claimed.
  void Add(const QueuePlace& place);
  // The recipient leaves its place, claimed or not.
  void Remove(const QueuePlace& place);

  // The earliest unclaimed place, if it is due at `now`: it is claimed from here on.
  std::optional<QueuePlace> Claim(absl::Time now);
  // Ends the claim of a recipient that keeps its place.
  void Unclaim(const QueuePlace& place);
  // When the earliest unclaimed recipient is due; InfiniteFuture when there is none.
  absl::Time NextDue() const;

  // As Store::ListQueue and Store::SummarizeQueue.
  absl::StatusOr<QueuePage> List(const QueueQuery& query, Lookup lookup) const;
  QueueSummary Summarize(int max_domains, Lookup lookup) const;

 private:
  std::set<QueuePlace> all_;
  // Of those, that nobody has claimed.
  std::set<QueuePlace> unclaimed_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_MEMORY_QUEUE_H_
