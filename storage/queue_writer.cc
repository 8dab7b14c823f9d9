#include "storage/queue_writer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"
#include "storage/transition.h"

namespace mailstrom::storage {
namespace {

// Beyond this many emails, their counts are forgotten and made anew when they are needed.
constexpr size_t kMaxCounts = 10000;

absl::Status NotWritten(const absl::Status& cause) {
  return absl::UnavailableError(absl::StrCat("not stored: ", cause.message()));
}

}  // namespace

QueueWriter::QueueWriter(Database& database, DueQueue& due_queue, EventTail& tail,
                         ListenerList& listeners)
    : database_(database), due_queue_(due_queue), tail_(tail), listeners_(listeners) {}

absl::Status QueueWriter::Init() {
  ASSIGN_OR_RETURN(largest_email_id_, database_.LastKey(Family::kEmails));
  ASSIGN_OR_RETURN(const std::string last_event, database_.LastKey(Family::kEvents));
  if (!last_event.empty()) {
    ASSIGN_OR_RETURN(last_sequence_, DecodeEventKey(last_event));
  }
  announced_sequence_ = last_sequence_;
  return absl::OkStatus();
}

absl::Status QueueWriter::BeginGroup() {
  if (failed_) {
    if (const absl::Status status = Adopt(); !status.ok()) return NotWritten(status);
    failed_ = false;
    LogInfo("store writes again");
  }
  if (unsettled_.size() > kMaxCounts) unsettled_.clear();
  group_.emplace(database_);
  return absl::OkStatus();
}

absl::Status QueueWriter::WriteGroup() {
  if (group_->has_changes) {
    if (const absl::Status status = database_.Write(group_->batch); !status.ok()) {
      LogError("store cannot write", {{"reason", status.message()}});
      failed_ = true;
      // Counts may be ahead of what is on the disk.
      unsettled_.clear();
      group_.reset();
      return NotWritten(status);
    }
  }
  Publish();
  return absl::OkStatus();
}

void QueueWriter::Publish() {
  due_queue_.Add(group_->due);
  for (const Claim& claim : group_->settled) due_queue_.End(claim);
  for (const auto& [claim, due_nanos] : group_->requeued) due_queue_.Requeue(claim, due_nanos);
  tail_.Append(group_->events);
  last_sequence_ += static_cast<int64_t>(group_->events.size());
  unannounced_due_ = std::min(unannounced_due_, group_->earliest_due);
  group_.reset();
}

void QueueWriter::GroupAnswered() {
  if (unannounced_due_ != absl::InfiniteFuture()) listeners_.NotifyDue(unannounced_due_);
  unannounced_due_ = absl::InfiniteFuture();
  if (announced_sequence_ < last_sequence_) listeners_.NotifyEvents(last_sequence_);
  announced_sequence_ = last_sequence_;
}

int64_t QueueWriter::NextSequence() const {
  return last_sequence_ + static_cast<int64_t>(group_->events.size()) + 1;
}

void QueueWriter::AddEvent(Event event) {
  group_->batch.Put(Family::kEvents, EventKey(event.sequence), EncodeEvent(event));
  group_->events.push_back(std::make_shared<const Event>(std::move(event)));
  group_->has_changes = true;
}

absl::Status QueueWriter::CheckIdIsFree(const std::string& email_id) const {
  bool taken = group_->accepted.contains(email_id);
  if (!taken && email_id <= largest_email_id_) {
    const absl::Status found = database_.Get(Family::kEmails, email_id).status();
    if (!found.ok() && !absl::IsNotFound(found)) return found;
    taken = found.ok();
  }
  if (taken) return absl::AlreadyExistsError(absl::StrCat("email ", email_id, " exists"));
  return absl::OkStatus();
}

absl::Status QueueWriter::Accept(Email& email, const std::string& content) {
  RETURN_IF_ERROR(CheckNewEmail(email));
  EmailRecord& record = email.record;
  RETURN_IF_ERROR(CheckIdIsFree(record.email_id));
  record.recipient_count = static_cast<int>(email.recipients.size());
  record.size_bytes = static_cast<int64_t>(content.size());
  group_->accepted.insert(record.email_id);
  largest_email_id_ = std::max(largest_email_id_, record.email_id);
  if (record.recipient_count > 1) unsettled_[record.email_id] = record.recipient_count;

  group_->batch.Put(Family::kEmails, record.email_id, EncodeEmailRecord(record));
  group_->batch.Put(Family::kContents, record.email_id, content);
  for (int i = 0; i < record.recipient_count; ++i) {
    Recipient& recipient = email.recipients[i];
    recipient.revision = NextSequence();
    const DueKey due = {ToNanos(recipient.next_attempt_time), record.email_id, i};
    group_->batch.Put(Family::kRecipients, RecipientKey(record.email_id, i),
                      EncodeRecipient(recipient));
    group_->batch.Put(Family::kDue, EncodeDueKey(due), "");
    group_->due.push_back(due);
    AddEvent(MakeEvent(record, i, recipient, false, record.accept_time));
  }
  group_->earliest_due = std::min(group_->earliest_due, EarliestDue(email.recipients));
  return absl::OkStatus();
}

absl::Status QueueWriter::RecordOutcomes(std::vector<Outcome>& outcomes) {
  RETURN_IF_ERROR(CheckOutcomes(outcomes));
  RETURN_IF_ERROR(CheckClaims(outcomes));
  for (const Outcome& outcome : outcomes) {
    if (IsFinal(outcome.after.state)) RETURN_IF_ERROR(LoadUnsettled(outcome));
  }
  for (Outcome& outcome : outcomes) AddOutcome(outcome);
  return absl::OkStatus();
}

absl::Status QueueWriter::CheckClaims(const std::vector<Outcome>& outcomes) const {
  for (const Outcome& outcome : outcomes) {
    const Claim& claim = outcome.claim;
    if (!due_queue_.Holds(claim) ||
        group_->ended.contains({claim.email_id, claim.recipient_index})) {
      return absl::AbortedError(absl::StrCat("email ", claim.email_id, ": claim no longer held"));
    }
  }
  return absl::OkStatus();
}

absl::Status QueueWriter::LoadUnsettled(const Outcome& outcome) {
  const std::shared_ptr<const EmailRecord> record = due_queue_.RecordOf(outcome.claim);
  if (record->recipient_count == 1 || unsettled_.contains(record->email_id)) {
    return absl::OkStatus();
  }
  // What this group has settled already would be in the cache, so the disk has all of it.
  ASSIGN_OR_RETURN(unsettled_[record->email_id], CountUnsettled(*record));
  return absl::OkStatus();
}

absl::StatusOr<int> QueueWriter::CountUnsettled(const EmailRecord& record) const {
  int unsettled = 0;
  absl::Status parsed;
  RETURN_IF_ERROR(database_.Scan(Family::kRecipients, RecipientKey(record.email_id, 0),
                                 RecipientKey(record.email_id, record.recipient_count),
                                 [&](absl::string_view key, absl::string_view value) {
                                   const absl::StatusOr<Recipient> recipient =
                                       DecodeRecipient(value);
                                   parsed = recipient.status();
                                   if (recipient.ok() && !IsFinal(recipient->state)) ++unsettled;
                                   return recipient.ok();
                                 }));
  RETURN_IF_ERROR(parsed);
  return unsettled;
}

bool QueueWriter::SettleRecipient(const EmailRecord& record) {
  if (record.recipient_count == 1) return true;
  const auto count = unsettled_.find(record.email_id);
  if (--count->second > 0) return false;
  unsettled_.erase(count);
  return true;
}

void QueueWriter::AddOutcome(Outcome& outcome) {
  const Claim& claim = outcome.claim;
  const std::shared_ptr<const EmailRecord> record = due_queue_.RecordOf(claim);
  Recipient& after = outcome.after;
  after.revision = NextSequence();
  group_->ended.emplace(claim.email_id, claim.recipient_index);
  group_->batch.Drop(Family::kDue, EncodeDueKey({ToNanos(due_queue_.DueTimeOf(claim)),
                                                 claim.email_id, claim.recipient_index}));
  group_->batch.Put(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index),
                    EncodeRecipient(after));
  bool email_settled = false;
  if (IsFinal(after.state)) {
    email_settled = SettleRecipient(*record);
    group_->settled.push_back(claim);
  } else {
    Requeue(claim, after.next_attempt_time);
  }
  if (email_settled) group_->batch.Drop(Family::kContents, claim.email_id);
  AddEvent(MakeEvent(*record, claim.recipient_index, after, email_settled, outcome.event_time));
}

void QueueWriter::Requeue(const Claim& claim, absl::Time due_time) {
  const int64_t due_nanos = ToNanos(due_time);
  group_->batch.Put(Family::kDue, EncodeDueKey({due_nanos, claim.email_id, claim.recipient_index}),
                    "");
  group_->requeued.emplace_back(claim, due_nanos);
  group_->earliest_due = std::min(group_->earliest_due, due_time);
}

absl::Status QueueWriter::Release(const std::vector<Claim>& claims, absl::Time due_time) {
  std::vector<std::pair<Claim, Recipient>> postponed;
  std::vector<Claim> unchanged;
  for (const Claim& claim : claims) {
    const RecipientId id(claim.email_id, claim.recipient_index);
    if (!due_queue_.Holds(claim) || group_->ended.contains(id)) continue;
    if (due_time <= due_queue_.DueTimeOf(claim)) {
      unchanged.push_back(claim);
      continue;
    }
    ASSIGN_OR_RETURN(const std::string bytes,
                     database_.Get(Family::kRecipients, RecipientKey(id.first, id.second)));
    ASSIGN_OR_RETURN(Recipient recipient, DecodeRecipient(bytes));
    recipient.next_attempt_time = due_time;
    postponed.emplace_back(claim, std::move(recipient));
  }
  for (const Claim& claim : unchanged) {
    group_->ended.emplace(claim.email_id, claim.recipient_index);
    const absl::Time due = due_queue_.DueTimeOf(claim);
    group_->requeued.emplace_back(claim, ToNanos(due));
    group_->earliest_due = std::min(group_->earliest_due, due);
  }
  for (const auto& [claim, recipient] : postponed) {
    group_->ended.emplace(claim.email_id, claim.recipient_index);
    group_->batch.Drop(Family::kDue, EncodeDueKey({ToNanos(due_queue_.DueTimeOf(claim)),
                                                   claim.email_id, claim.recipient_index}));
    group_->batch.Put(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index),
                      EncodeRecipient(recipient));
    Requeue(claim, due_time);
    group_->has_changes = true;
  }
  return absl::OkStatus();
}

absl::Status QueueWriter::DropStale(const DueKey& key) {
  // It may have become true again since it was found.
  const absl::StatusOr<std::string> bytes =
      database_.Get(Family::kRecipients, RecipientKey(key.email_id, key.recipient_index));
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
  if (bytes.ok()) {
    ASSIGN_OR_RETURN(const Recipient recipient, DecodeRecipient(*bytes));
    if (!IsFinal(recipient.state) && ToNanos(recipient.next_attempt_time) == key.due_nanos) {
      return absl::OkStatus();
    }
  }
  group_->batch.Drop(Family::kDue, EncodeDueKey(key));
  group_->has_changes = true;
  return absl::OkStatus();
}

absl::Status QueueWriter::Adopt() {
  RETURN_IF_ERROR(database_.Recover());
  ASSIGN_OR_RETURN(const std::string last_key, database_.LastKey(Family::kEvents));
  if (last_key.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t last, DecodeEventKey(last_key));
  std::vector<std::shared_ptr<const Event>> events;
  absl::Status parsed;
  RETURN_IF_ERROR(database_.Scan(Family::kEvents, EventKey(last_sequence_ + 1), "",
                                 [&](absl::string_view key, absl::string_view value) {
                                   const int64_t sequence = last_sequence_ + 1 + events.size();
                                   absl::StatusOr<Event> event = DecodeEvent(sequence, value);
                                   parsed = event.status();
                                   if (!parsed.ok()) return false;
                                   events.push_back(
                                       std::make_shared<const Event>(*std::move(event)));
                                   return true;
                                 }));
  RETURN_IF_ERROR(parsed);
  for (const auto& event : events) AdoptEvent(*event);
  tail_.Append(events);
  last_sequence_ = std::max<int64_t>(last_sequence_, last);
  return absl::OkStatus();
}

void QueueWriter::AdoptEvent(const Event& event) {
  largest_email_id_ = std::max(largest_email_id_, event.email_id);
  std::optional<int64_t> due_nanos;
  if (!IsFinal(event.recipient.state)) {
    due_nanos = ToNanos(event.recipient.next_attempt_time);
    unannounced_due_ = std::min(unannounced_due_, event.recipient.next_attempt_time);
  }
  due_queue_.Override(event.email_id, event.recipient_index, due_nanos);
}

}  // namespace mailstrom::storage
