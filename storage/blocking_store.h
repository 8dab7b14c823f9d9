#ifndef MAILSTROM_STORAGE_BLOCKING_STORE_H_
#define MAILSTROM_STORAGE_BLOCKING_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Calls a Store and waits for its answer: for tests and tools. `store` must outlive it; never use
// it on a thread of the store.
class BlockingStore {
 public:
  explicit BlockingStore(Store& store) : store_(store) {}

  absl::Status Accept(Email email, std::string content);
  absl::StatusOr<Accepted> Accept(AcceptRequest request);
  absl::StatusOr<DueWork> ClaimDue(absl::Time now, int max_recipients);
  absl::Status RecordOutcomes(std::vector<Outcome> outcomes);
  absl::Status Release(std::vector<Claim> claims, absl::Time due_time);
  absl::Status Hold(std::vector<Claim> claims, absl::Time due_time);
  absl::StatusOr<Email> ReadEmail(std::string email_id);
  absl::StatusOr<std::string> ReadContent(std::string email_id);
  absl::StatusOr<EventBatch> ReadEvents(int64_t after, int max_events);
  absl::StatusOr<Email> Cancel(std::string email_id, absl::Time now);
  absl::StatusOr<ListPage> ListEmails(ListQuery query);
  absl::StatusOr<std::vector<Dialogue>> ReadDialogues(std::string email_id);
  absl::StatusOr<QueuePage> ListQueue(QueueQuery query);
  absl::StatusOr<QueueSummary> SummarizeQueue(int max_domains);
  absl::StatusOr<ChangedCounts> ChangeQueued(std::vector<RecipientId> recipients,
                                             QueueChange change, absl::Time now);
  absl::Status PutOrder(StandingOrder order);
  absl::Status DropOrder(StandingOrder order);
  absl::StatusOr<std::vector<StandingOrder>> ListOrders();
  absl::StatusOr<DamagedRecords> ListDamaged(int max_records);

 private:
  Store& store_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_BLOCKING_STORE_H_
