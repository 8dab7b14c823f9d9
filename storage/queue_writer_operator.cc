// What operators do to the queue.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/queue_writer.h"
#include "storage/record_codec.h"
#include "storage/transition.h"

namespace mailstrom::storage {

bool QueueWriter::Fits(const std::vector<storage::RecipientId>& recipients) const {
  for (const storage::RecipientId& recipient : recipients) {
    if (!Fits(recipient.email_id)) return false;
  }
  return true;
}

absl::StatusOr<absl::flat_hash_map<std::string, EmailRecord>> QueueWriter::ReadRecords(
    const std::vector<storage::RecipientId>& recipients) const {
  absl::flat_hash_set<std::string> ids;
  for (const storage::RecipientId& recipient : recipients) ids.insert(recipient.email_id);
  absl::flat_hash_map<std::string, EmailRecord> records;
  for (const std::string& id : ids) {
    const absl::StatusOr<std::string> bytes = database_.Get(Family::kEmails, id);
    if (absl::IsNotFound(bytes.status())) continue;
    RETURN_IF_ERROR(bytes.status());
    absl::StatusOr<EmailRecord> record = DecodeEmailRecord(id, *bytes);
    damage_.Report(Family::kEmails, id, record.status());
    if (record.ok()) records.emplace(id, *std::move(record));
  }
  return records;
}

absl::StatusOr<ChangedCounts> QueueWriter::ChangeQueued(
    const std::vector<storage::RecipientId>& recipients, QueueChange change, absl::Time now) {
  // All that can fail comes first, so that nothing is added then.
  ASSIGN_OR_RETURN(const auto records, ReadRecords(recipients));
  std::vector<std::pair<const storage::RecipientId*, Recipient>> waiting;
  for (const storage::RecipientId& id : recipients) {
    const auto record = records.find(id.email_id);
    if (record == records.end()) continue;
    const std::string key = RecipientKey(id.email_id, id.recipient_index);
    const absl::StatusOr<std::string> bytes = database_.Get(Family::kRecipients, key);
    if (absl::IsNotFound(bytes.status())) continue;
    RETURN_IF_ERROR(bytes.status());
    absl::StatusOr<Recipient> recipient = DecodeRecipient(*bytes);
    damage_.Report(Family::kRecipients, key, recipient.status());
    if (!recipient.ok() || IsFinal(recipient->state)) continue;
    // It is due already.
    if (change == QueueChange::kMakeDue && recipient->next_attempt_time <= now) continue;
    if (change == QueueChange::kCancel) RETURN_IF_ERROR(unsettled_.Load(record->second));
    waiting.emplace_back(&id, *std::move(recipient));
  }
  ChangedCounts counts;
  for (auto& [id, recipient] : waiting) {
    // With the claim, nobody else can take it up before it is changed on the disk.
    const std::optional<Claim> claim =
        due_queue_.TakeOne(id->email_id, id->recipient_index, ToNanos(recipient.next_attempt_time));
    if (!claim.has_value()) {
      ++counts.claimed;
      continue;
    }
    ++counts.changed;
    group_->taken.push_back(*claim);
    if (change == QueueChange::kMakeDue) {
      MakeDue(*claim, std::move(recipient), now);
    } else {
      Advance({records.at(id->email_id), *claim, claim->due_time}, Cancelled(std::move(recipient)),
              now);
    }
  }
  if (counts.changed > 0) failpoints_.Reach(Failpoint::kChangePrepared);
  return counts;
}

void QueueWriter::MakeDue(const Claim& claim, Recipient recipient, absl::Time due_time) {
  group_->touched.insert(claim.email_id);
  group_->ended.emplace(claim.email_id, claim.recipient_index);
  group_->batch.Drop(
      Family::kDue, EncodeDueKey({ToNanos(claim.due_time), claim.email_id, claim.recipient_index}));
  recipient.next_attempt_time = due_time;
  recipient.held = false;
  group_->batch.Put(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index),
                    EncodeRecipient(recipient));
  Requeue(claim, due_time);
  group_->has_changes = true;
}

absl::Status QueueWriter::PutOrder(const StandingOrder& order) {
  const std::string key = OrderKey(order);
  size_t others = 0;
  RETURN_IF_ERROR(database_.Scan(Family::kMeta, kOrderPrefix, OrdersEnd(),
                                 [&](absl::string_view other, absl::string_view) {
                                   if (other != key) ++others;
                                   return true;
                                 }));
  if (others >= kMaxOrders) {
    return absl::ResourceExhaustedError(absl::StrCat("there are ", others, " orders already"));
  }
  group_->batch.Put(Family::kMeta, key, EncodeOrder(order));
  group_->has_changes = true;
  return absl::OkStatus();
}

absl::Status QueueWriter::DropOrder(const StandingOrder& order) {
  group_->batch.Delete(Family::kMeta, OrderKey(order));
  group_->has_changes = true;
  return absl::OkStatus();
}

}  // namespace mailstrom::storage
