#ifndef MAILSTROM_STORAGE_QUEUE_WRITER_H_
#define MAILSTROM_STORAGE_QUEUE_WRITER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/database.h"
#include "storage/due_queue.h"
#include "storage/event_tail.h"
#include "storage/group_committer.h"
#include "storage/listener_list.h"
#include "storage/records.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Turns calls of a store into records, one group at a time, and what was written into what others
// see: claims, due work, events. The only one who writes. Lives on the committer's thread, but for
// last_sequence().
class QueueWriter final : public GroupCommitter::Writer {
 public:
  // All must outlive the writer.
  QueueWriter(Database& database, DueQueue& due_queue, EventTail& tail, ListenerList& listeners);

  // Finds the end of the log. Before anything else.
  absl::Status Init();

  // The newest event that is durable. Thread-safe.
  int64_t last_sequence() const { return last_sequence_; }

  absl::Status BeginGroup() override;
  absl::Status WriteGroup() override;
  void GroupAnswered() override;

  // Each adds to the present group, or adds nothing and returns an error (see Store).
  absl::Status Accept(Email& email, const std::string& content);
  absl::Status RecordOutcomes(std::vector<Outcome>& outcomes);
  absl::Status Release(const std::vector<Claim>& claims, absl::Time due_time);
  // Removes a place from the due index that does not belong to its recipient any more.
  absl::Status DropStale(const DueKey& key);

 private:
  using RecipientId = std::pair<std::string, int>;
  using Requeued = std::pair<Claim, int64_t>;

  // What becomes true when the present group is durable.
  struct Group {
    explicit Group(const Database& database) : batch(database) {}

    Database::Batch batch;
    bool has_changes = false;
    absl::flat_hash_set<std::string> accepted;
    // Recipients whose claims end.
    absl::flat_hash_set<RecipientId> ended;
    std::vector<DueKey> due;
    std::vector<Claim> settled;
    std::vector<Requeued> requeued;
    std::vector<std::shared_ptr<const Event>> events;
    absl::Time earliest_due = absl::InfiniteFuture();
  };

  absl::Status CheckIdIsFree(const std::string& email_id) const;
  absl::Status CheckClaims(const std::vector<Outcome>& outcomes) const;
  absl::Status LoadUnsettled(const Outcome& outcome);
  absl::StatusOr<int> CountUnsettled(const EmailRecord& record) const;
  // Whether the email's last recipient has settled with this one.
  bool SettleRecipient(const EmailRecord& record);

  void AddOutcome(Outcome& outcome);
  void AddEvent(Event event);
  void Requeue(const Claim& claim, absl::Time due_time);
  void Publish();
  // After a failed write it is unknown whether the group survived; takes over what did.
  absl::Status Adopt();
  void AdoptEvent(const Event& event);
  int64_t NextSequence() const;

  Database& database_;
  DueQueue& due_queue_;
  EventTail& tail_;
  ListenerList& listeners_;

  std::atomic<int64_t> last_sequence_ = 0;
  std::optional<Group> group_;
  // Was told to listeners last.
  int64_t announced_sequence_ = 0;
  absl::Time unannounced_due_ = absl::InfiniteFuture();
  // The last write failed.
  bool failed_ = false;
  // No email has a larger id, so a new larger one is free without a look.
  std::string largest_email_id_;
  // Recipients left, of emails with several. A cache: what is missing is counted on the disk.
  absl::flat_hash_map<std::string, int> unsettled_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_QUEUE_WRITER_H_
