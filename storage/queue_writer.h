#ifndef MAILSTROM_STORAGE_QUEUE_WRITER_H_
#define MAILSTROM_STORAGE_QUEUE_WRITER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/cancelled_emails.h"
#include "storage/damage_log.h"
#include "storage/database.h"
#include "storage/due_queue.h"
#include "storage/event_tail.h"
#include "storage/failpoint.h"
#include "storage/fresh_emails.h"
#include "storage/group_committer.h"
#include "storage/known_ids.h"
#include "storage/listener_list.h"
#include "storage/record_reader.h"
#include "storage/records.h"
#include "storage/retention.h"
#include "storage/schema.h"
#include "storage/store.h"
#include "storage/tenant_counts.h"
#include "storage/unsettled_counts.h"

namespace mailstrom::storage {

// Turns calls of a store into records, one group at a time, and what was written into what others
// see: claims, due work, events. The only one who writes. Lives on the committer's thread, but for
// last_sequence().
class QueueWriter final : public GroupCommitter::Writer {
 public:
  // All must outlive the writer.
  QueueWriter(Database& database, const RecordReader& reader, Retention& retention,
              DueQueue& due_queue, CancelledEmails& cancelled, FreshEmails& fresh, EventTail& tail,
              ListenerList& listeners, DamageLog& damage, StoreLimits limits,
              Failpoints failpoints);

  // Finds the end of the log and what else memory holds of the disk. Before anything else.
  absl::Status Init();

  // The newest event that is durable. Thread-safe.
  int64_t last_sequence() const { return last_sequence_; }
  // What is queued, as far as it is durable. Thread-safe.
  QueueTotals totals() const;
  // See Store. Thread-safe.
  absl::Status health() const;

  absl::Status BeginGroup() override;
  absl::Status WriteGroup() override;
  void GroupAnswered() override;

  // Whether a call needs nothing that the present group changes. It reads what is durable, so it
  // may be made in this group only if so.
  bool Fits(const RequestKey& key) const;
  bool Fits(const std::string& email_id) const;
  bool Fits(const std::vector<storage::RecipientId>& recipients) const;

  // Each adds to the present group, or adds nothing and returns an error (see Store).
  absl::StatusOr<Accepted> Accept(AcceptRequest& request);
  absl::StatusOr<Email> Cancel(const std::string& email_id, absl::Time now);
  absl::Status RecordOutcomes(std::vector<Outcome>& outcomes);
  // `hold`: as Store::Hold.
  absl::Status Release(const std::vector<Claim>& claims, absl::Time due_time, bool hold = false);
  absl::StatusOr<ChangedCounts> ChangeQueued(const std::vector<storage::RecipientId>& recipients,
                                             QueueChange change, absl::Time now);
  absl::Status PutOrder(const StandingOrder& order);
  absl::Status DropOrder(const StandingOrder& order);
  // Removes a place from the due index that does not belong to its recipient any more.
  absl::Status DropStale(const DueKey& key);
  // Removes what is past its retention.
  absl::Status Expire(const ExpiredRun& run);
  // Marks a record as damaged.
  absl::Status MarkDamaged(const std::string& key, const std::string& value);

 private:
  using RecipientId = std::pair<std::string, int>;
  using Requeued = std::pair<Claim, int64_t>;

  // What becomes true when the present group is durable.
  struct Group {
    explicit Group(const Database& database) : batch(database) {}

    Database::Batch batch;
    bool has_changes = false;
    // Emails of which anything changes.
    absl::flat_hash_set<std::string> touched;
    // Keys that are put down.
    absl::flat_hash_set<std::string> keys;
    // Recipients whose claims end.
    absl::flat_hash_set<RecipientId> ended;
    std::vector<DueKey> due;
    // New emails that are due at once.
    std::vector<std::pair<std::shared_ptr<const Email>, std::shared_ptr<const std::string>>> fresh;
    std::vector<Claim> settled;
    // Claims that the group itself took, to change their recipients.
    std::vector<Claim> taken;
    std::vector<Requeued> requeued;
    std::vector<std::shared_ptr<const Event>> events;
    absl::Time earliest_due = absl::InfiniteFuture();
    // Events up to here are gone.
    int64_t trimmed_sequence = 0;
  };

  // A change of one recipient that is claimed.
  struct Change {
    const EmailRecord& record;
    const Claim& claim;
    // Under which it is claimed.
    absl::Time due_time;
  };

  // The email that an earlier call with this key made. Nothing: there was none.
  absl::StatusOr<std::optional<Accepted>> FindReplay(const std::string& key_bytes,
                                                     const RequestKey& key, absl::Time now) const;
  absl::Status CheckIdIsFree(const std::string& email_id) const;
  void AddEmail(Email& email, std::string content);
  // What belongs to the claims of `outcomes`, one each. Aborted: one of them is no longer held.
  absl::StatusOr<std::vector<HeldClaim>> FindClaims(const std::vector<Outcome>& outcomes) const;

  // Puts down the recipient's next state.
  void Advance(const Change& change, Recipient after, absl::Time event_time);
  void SettleEmail(const EmailRecord& record);
  void AddEvent(Event event);
  // Old dialogues that go when `outcomes` bring new ones.
  absl::StatusOr<std::vector<std::string>> FindOldDialogues(
      const std::vector<Outcome>& outcomes, const std::vector<HeldClaim>& held) const;
  absl::Status GiveUp(const std::vector<Claim>& claims);
  // The records of emails, each once. Those without one are left out.
  absl::StatusOr<absl::flat_hash_map<std::string, EmailRecord>> ReadRecords(
      const std::vector<storage::RecipientId>& recipients) const;
  // Makes a claim of this group's own due at `due_time`.
  void MakeDue(const Claim& claim, Recipient recipient, absl::Time due_time);
  void Requeue(const Claim& claim, absl::Time due_time);
  void Publish();
  // After a failed write it is unknown whether the group survived; takes over what did.
  absl::Status Adopt();
  void AdoptEvent(const Event& event);
  absl::Status LoadState();
  void SetHealth(absl::Status health);
  int64_t NextSequence() const;

  Database& database_;
  const RecordReader& reader_;
  Retention& retention_;
  DueQueue& due_queue_;
  CancelledEmails& cancelled_;
  FreshEmails& fresh_;
  EventTail& tail_;
  ListenerList& listeners_;
  DamageLog& damage_;
  const StoreLimits limits_;
  const Failpoints failpoints_;

  std::atomic<int64_t> last_sequence_ = 0;
  std::optional<Group> group_;
  // Was told to listeners last.
  int64_t announced_sequence_ = 0;
  absl::Time unannounced_due_ = absl::InfiniteFuture();
  // The last write failed.
  bool failed_ = false;
  KnownIds known_ids_;
  UnsettledCounts unsettled_{database_, damage_};
  // With what the present group changes.
  QueueTotals totals_;
  TenantCounts tenants_;
  // Of a group that failed, until it is known whether it survived.
  std::vector<Claim> taken_by_failed_;

  mutable absl::Mutex mutex_;
  QueueTotals durable_totals_ ABSL_GUARDED_BY(mutex_);
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_QUEUE_WRITER_H_
