#include "storage/queue_writer.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/email_index.h"
#include "storage/record_codec.h"
#include "storage/transition.h"

namespace mailstrom::storage {
namespace {

absl::Status NotWritten(const absl::Status& cause) {
  return absl::UnavailableError(absl::StrCat("not stored: ", cause.message()));
}

}  // namespace

QueueWriter::QueueWriter(Database& database, const RecordReader& reader, Retention& retention,
                         DueQueue& due_queue, CancelledEmails& cancelled, FreshEmails& fresh,
                         EventTail& tail, ListenerList& listeners, DamageLog& damage,
                         StoreLimits limits, Failpoints failpoints)
    : database_(database),
      reader_(reader),
      retention_(retention),
      due_queue_(due_queue),
      cancelled_(cancelled),
      fresh_(fresh),
      tail_(tail),
      listeners_(listeners),
      damage_(damage),
      limits_(limits),
      failpoints_(failpoints) {}

absl::Status QueueWriter::Init() {
  ASSIGN_OR_RETURN(std::string largest_id, database_.LastKey(Family::kEmails));
  known_ids_.Reset(std::move(largest_id));
  ASSIGN_OR_RETURN(const std::string last_event, database_.LastKey(Family::kEvents));
  if (!last_event.empty()) {
    ASSIGN_OR_RETURN(last_sequence_, DecodeEventKey(last_event));
  }
  RETURN_IF_ERROR(LoadState());
  // Numbers of events that are gone are not given out again.
  last_sequence_ = std::max<int64_t>(last_sequence_, retention_.trimmed_sequence());
  announced_sequence_ = last_sequence_;
  return absl::OkStatus();
}

absl::Status QueueWriter::LoadState() {
  const absl::StatusOr<std::string> bytes = database_.Get(Family::kMeta, kQueueTotalsKey);
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
  totals_ = QueueTotals();
  if (bytes.ok()) {
    ASSIGN_OR_RETURN(totals_, DecodeQueueTotals(*bytes));
  }
  RETURN_IF_ERROR(tenants_.Load(database_));
  const absl::StatusOr<std::string> trimmed = database_.Get(Family::kMeta, kTrimmedSequenceKey);
  if (!trimmed.ok() && !absl::IsNotFound(trimmed.status())) return trimmed.status();
  int64_t trimmed_sequence = 0;
  if (trimmed.ok() && !absl::SimpleAtoi(*trimmed, &trimmed_sequence)) {
    return absl::DataLossError("the place where the event log begins does not parse");
  }
  retention_.SetTrimmed(trimmed_sequence);
  CancelledEmails::Map cancelled;
  RETURN_IF_ERROR(database_.Scan(Family::kCancelled, "", "",
                                 [&](absl::string_view key, absl::string_view value) {
                                   const absl::StatusOr<absl::Time> time = DecodeCancelTime(value);
                                   damage_.Report(Family::kCancelled, key, time.status());
                                   // The mark itself says what matters most.
                                   cancelled[key] = time.ok() ? *time : absl::UnixEpoch();
                                   return true;
                                 }));
  cancelled_.Reset(std::move(cancelled));
  absl::MutexLock lock(&mutex_);
  durable_totals_ = totals_;
  return absl::OkStatus();
}

QueueTotals QueueWriter::totals() const {
  absl::MutexLock lock(&mutex_);
  return durable_totals_;
}

absl::Status QueueWriter::health() const {
  absl::MutexLock lock(&mutex_);
  return health_;
}

void QueueWriter::SetHealth(absl::Status health) {
  {
    absl::MutexLock lock(&mutex_);
    const bool changed = health_.ok() != health.ok();
    health_ = health;
    if (!changed) return;
  }
  listeners_.NotifyHealth(health);
}

absl::Status QueueWriter::BeginGroup() {
  if (failed_) {
    if (const absl::Status status = Adopt(); !status.ok()) {
      SetHealth(NotWritten(status));
      return NotWritten(status);
    }
    failed_ = false;
    LogInfo("store writes again");
    SetHealth(absl::OkStatus());
  }
  unsettled_.Trim();
  group_.emplace(database_);
  failpoints_.Reach(Failpoint::kGroupBegun);
  return absl::OkStatus();
}

absl::Status QueueWriter::WriteGroup() {
  if (group_->has_changes) {
    if (totals_ != totals()) {
      group_->batch.Put(Family::kMeta, kQueueTotalsKey, EncodeQueueTotals(totals_));
    }
    tenants_.Save(group_->batch);
    failpoints_.Reach(Failpoint::kGroupPrepared);
    if (const absl::Status status = database_.Write(group_->batch); !status.ok()) {
      LogError("store cannot write", {{"reason", status.message()}});
      failed_ = true;
      // Counts may be ahead of what is on the disk.
      unsettled_.Clear();
      taken_by_failed_ = std::move(group_->taken);
      group_.reset();
      SetHealth(NotWritten(status));
      return NotWritten(status);
    }
    failpoints_.Reach(Failpoint::kGroupWritten);
  }
  Publish();
  return absl::OkStatus();
}

void QueueWriter::Publish() {
  // Before anyone can claim them as they are now.
  for (const Claim& claim : group_->settled) fresh_.Remove(claim.email_id);
  for (const auto& [claim, due_nanos] : group_->requeued) fresh_.Remove(claim.email_id);
  for (auto& [email, content] : group_->fresh) fresh_.Add(std::move(email), std::move(content));
  due_queue_.Add(group_->due);
  due_queue_.End(group_->settled);
  for (const auto& [claim, due_nanos] : group_->requeued) due_queue_.Requeue(claim, due_nanos);
  if (group_->trimmed_sequence > 0) retention_.SetTrimmed(group_->trimmed_sequence);
  tail_.Append(group_->events);
  last_sequence_ += static_cast<int64_t>(group_->events.size());
  unannounced_due_ = std::min(unannounced_due_, group_->earliest_due);
  group_.reset();
  absl::MutexLock lock(&mutex_);
  durable_totals_ = totals_;
}

void QueueWriter::GroupAnswered() {
  failpoints_.Reach(Failpoint::kGroupAnswered);
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

bool QueueWriter::Fits(const RequestKey& key) const {
  return !group_->keys.contains(RequestKeyKey(key.caller, key.request_id));
}

bool QueueWriter::Fits(const std::string& email_id) const {
  return !group_->touched.contains(email_id);
}

absl::Status QueueWriter::CheckIdIsFree(const std::string& email_id) const {
  const KnownIds::Answer answer = known_ids_.Ask(email_id);
  bool taken = group_->touched.contains(email_id) || answer == KnownIds::Answer::kTaken;
  if (!taken && answer == KnownIds::Answer::kUnknown) {
    const absl::Status found = database_.Get(Family::kEmails, email_id).status();
    if (!found.ok() && !absl::IsNotFound(found)) return found;
    taken = found.ok();
  }
  if (taken) return absl::AlreadyExistsError(absl::StrCat("email ", email_id, " exists"));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Accepted>> QueueWriter::FindReplay(const std::string& key_bytes,
                                                                const RequestKey& key,
                                                                absl::Time now) const {
  const absl::StatusOr<std::string> bytes = database_.Get(Family::kRequestKeys, key_bytes);
  if (absl::IsNotFound(bytes.status())) return std::nullopt;
  RETURN_IF_ERROR(bytes.status());
  const absl::StatusOr<KeyedRequest> known = DecodeKeyedRequest(*bytes);
  damage_.Report(Family::kRequestKeys, key_bytes, known.status());
  RETURN_IF_ERROR(known.status());
  if (known->expire_time <= now) return std::nullopt;
  if (known->digest != key.digest) return RequestKeyReusedError(known->email_id);
  Accepted replay;
  replay.replayed = true;
  absl::StatusOr<Email> email = reader_.ReadEmail(known->email_id);
  if (absl::IsNotFound(email.status())) {
    replay.email.record.email_id = known->email_id;
    return replay;
  }
  RETURN_IF_ERROR(email.status());
  replay.email = *std::move(email);
  return replay;
}

absl::StatusOr<Accepted> QueueWriter::Accept(AcceptRequest& request) {
  Email& email = request.email;
  RETURN_IF_ERROR(CheckNewEmail(email));
  const std::string key_bytes = request.key.has_value()
                                    ? RequestKeyKey(request.key->caller, request.key->request_id)
                                    : std::string();
  if (request.key.has_value()) {
    ASSIGN_OR_RETURN(std::optional<Accepted> replay,
                     FindReplay(key_bytes, *request.key, email.record.accept_time));
    if (replay.has_value()) return *std::move(replay);
  }
  RETURN_IF_ERROR(CheckIdIsFree(email.record.email_id));
  RETURN_IF_ERROR(CheckLimits(limits_, totals_, static_cast<int64_t>(request.content.size())));
  RETURN_IF_ERROR(CheckShare(request.max_tenant_recipients,
                             tenants_.Of(email.record.tenant, totals_.recipients),
                             email.recipients.size()));
  if (request.key.has_value()) {
    group_->keys.insert(key_bytes);
    group_->batch.Put(
        Family::kRequestKeys, key_bytes,
        EncodeKeyedRequest({request.key->digest, email.record.email_id, request.key->expire_time}));
  }
  AddEmail(email, std::move(request.content));
  return Accepted{std::move(email), false};
}

void QueueWriter::AddEmail(Email& email, std::string content) {
  EmailRecord& record = email.record;
  record.recipient_count = static_cast<int>(email.recipients.size());
  record.size_bytes = static_cast<int64_t>(content.size());
  group_->touched.insert(record.email_id);
  known_ids_.Add(record.email_id);
  unsettled_.Put(record, record.recipient_count);
  ++totals_.emails;
  totals_.bytes += record.size_bytes;
  totals_.recipients += record.recipient_count;
  tenants_.Add(record.tenant, record.recipient_count);

  group_->batch.Put(Family::kEmails, record.email_id, EncodeEmailRecord(record));
  group_->batch.Put(Family::kContents, record.email_id, content);
  PutIntoIndexes(email, group_->batch);
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
  const absl::Time earliest_due = EarliestDue(email.recipients);
  group_->earliest_due = std::min(group_->earliest_due, earliest_due);
  if (earliest_due <= record.accept_time) {
    group_->fresh.emplace_back(std::make_shared<const Email>(email),
                               std::make_shared<const std::string>(std::move(content)));
  }
  failpoints_.Reach(Failpoint::kEmailPrepared);
}

absl::Status QueueWriter::RecordOutcomes(std::vector<Outcome>& outcomes) {
  RETURN_IF_ERROR(CheckOutcomes(outcomes));
  ASSIGN_OR_RETURN(const std::vector<HeldClaim> held, FindClaims(outcomes));
  for (size_t i = 0; i < outcomes.size(); ++i) {
    Recipient& after = outcomes[i].after;
    after = UnlessCancelled(std::move(after),
                            cancelled_.TimeOf(outcomes[i].claim.email_id).has_value());
    if (IsFinal(after.state)) RETURN_IF_ERROR(unsettled_.Load(*held[i].record));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> old_dialogues, FindOldDialogues(outcomes, held));
  for (const std::string& key : old_dialogues) group_->batch.Drop(Family::kDialogues, key);
  for (const auto& [id, dialogue] : DialoguesOf(outcomes, NextSequence())) {
    group_->batch.Put(Family::kDialogues, DialogueKey(id, dialogue.sequence),
                      EncodeDialogue(dialogue));
  }
  for (size_t i = 0; i < outcomes.size(); ++i) {
    Outcome& outcome = outcomes[i];
    Advance({*held[i].record, outcome.claim, held[i].due_time}, std::move(outcome.after),
            outcome.event_time);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> QueueWriter::FindOldDialogues(
    const std::vector<Outcome>& outcomes, const std::vector<HeldClaim>& held) const {
  std::vector<std::string> old_keys;
  absl::flat_hash_set<std::string> seen;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    const std::string& id = outcome.claim.email_id;
    // Most emails have one recipient and few attempts, and nothing to look for.
    if (outcome.dialogue == nullptr || (held[i].record->recipient_count == 1 &&
                                        outcome.after.attempt_count <= kDialoguesPerEmail)) {
      continue;
    }
    // What this group changes already is left to a later one.
    if (group_->touched.contains(id) || !seen.insert(id).second) continue;
    int kept = 1;
    RETURN_IF_ERROR(database_.ScanBackward(Family::kDialogues, DialogueKey(id, 0), DialoguesEnd(id),
                                           [&](absl::string_view key, absl::string_view) {
                                             if (++kept > kDialoguesPerEmail)
                                               old_keys.emplace_back(key);
                                             return true;
                                           }));
  }
  return old_keys;
}

absl::StatusOr<std::vector<HeldClaim>> QueueWriter::FindClaims(
    const std::vector<Outcome>& outcomes) const {
  std::vector<HeldClaim> held;
  for (const Outcome& outcome : outcomes) {
    const Claim& claim = outcome.claim;
    std::optional<HeldClaim> found = due_queue_.Find(claim);
    if (!found.has_value() || group_->ended.contains({claim.email_id, claim.recipient_index})) {
      return absl::AbortedError(absl::StrCat("email ", claim.email_id, ": claim no longer held"));
    }
    held.push_back(*std::move(found));
  }
  return held;
}

void QueueWriter::Advance(const Change& change, Recipient after, absl::Time event_time) {
  const Claim& claim = change.claim;
  after.revision = NextSequence();
  after.held = false;
  group_->touched.insert(claim.email_id);
  group_->ended.emplace(claim.email_id, claim.recipient_index);
  group_->batch.Drop(Family::kDue, EncodeDueKey({ToNanos(change.due_time), claim.email_id,
                                                 claim.recipient_index}));
  group_->batch.Put(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index),
                    EncodeRecipient(after));
  bool email_settled = false;
  if (IsFinal(after.state)) {
    --totals_.recipients;
    tenants_.Add(change.record.tenant, -1);
    email_settled = unsettled_.Settle(change.record);
    group_->settled.push_back(claim);
  } else {
    Requeue(claim, after.next_attempt_time);
  }
  const bool is_final = IsFinal(after.state);
  if (email_settled) SettleEmail(change.record);
  AddEvent(MakeEvent(change.record, claim.recipient_index, after, email_settled, event_time));
  failpoints_.Reach(is_final ? Failpoint::kSettlementPrepared : Failpoint::kDeferralPrepared);
}

void QueueWriter::SettleEmail(const EmailRecord& record) {
  group_->batch.Drop(Family::kContents, record.email_id);
  failpoints_.Reach(Failpoint::kContentDropped);
  --totals_.emails;
  totals_.bytes -= record.size_bytes;
  if (!cancelled_.TimeOf(record.email_id).has_value()) return;
  group_->batch.Drop(Family::kCancelled, record.email_id);
  cancelled_.Remove(record.email_id);
}

absl::StatusOr<Email> QueueWriter::Cancel(const std::string& email_id, absl::Time now) {
  ASSIGN_OR_RETURN(Email email, reader_.ReadEmail(email_id));
  if (email.settled()) return email;
  const bool is_new = !cancelled_.TimeOf(email_id).has_value();
  std::vector<Claim> taken;
  int unsettled = 0;
  for (int i = 0; i < email.record.recipient_count; ++i) {
    const Recipient& recipient = email.recipients[i];
    if (IsFinal(recipient.state)) continue;
    ++unsettled;
    // With the claim, nobody else can take it up before it is settled on the disk.
    std::optional<Claim> claim =
        due_queue_.TakeOne(email_id, i, ToNanos(recipient.next_attempt_time));
    if (claim.has_value()) taken.push_back(*std::move(claim));
  }
  unsettled_.Put(email.record, unsettled);
  if (is_new && static_cast<int>(taken.size()) < unsettled) {
    group_->touched.insert(email_id);
    group_->batch.Put(Family::kCancelled, email_id, EncodeCancelTime(now));
    group_->has_changes = true;
    cancelled_.Add(email_id, now);
  }
  for (const Claim& claim : taken) {
    Recipient& recipient = email.recipients[claim.recipient_index];
    recipient = Cancelled(std::move(recipient));
    recipient.revision = NextSequence();
    Advance({email.record, claim, claim.due_time}, recipient, now);
  }
  group_->taken.insert(group_->taken.end(), taken.begin(), taken.end());
  failpoints_.Reach(Failpoint::kCancelPrepared);
  return email;
}

void QueueWriter::Requeue(const Claim& claim, absl::Time due_time) {
  const int64_t due_nanos = ToNanos(due_time);
  group_->batch.Put(Family::kDue, EncodeDueKey({due_nanos, claim.email_id, claim.recipient_index}),
                    "");
  group_->requeued.emplace_back(claim, due_nanos);
  group_->earliest_due = std::min(group_->earliest_due, due_time);
}

absl::Status QueueWriter::Release(const std::vector<Claim>& claims, absl::Time due_time,
                                  bool hold) {
  std::vector<std::pair<Claim, Recipient>> postponed;
  std::vector<Claim> unchanged;
  std::vector<Claim> cancelled;
  for (const Claim& claim : claims) {
    const RecipientId id(claim.email_id, claim.recipient_index);
    const std::optional<HeldClaim> held = due_queue_.Find(claim);
    if (!held.has_value() || group_->ended.contains(id)) continue;
    if (cancelled_.TimeOf(claim.email_id).has_value()) {
      cancelled.push_back(claim);
      continue;
    }
    if (due_time <= held->due_time) {
      unchanged.push_back(claim);
      continue;
    }
    ASSIGN_OR_RETURN(const std::string bytes,
                     database_.Get(Family::kRecipients, RecipientKey(id.first, id.second)));
    ASSIGN_OR_RETURN(Recipient recipient, DecodeRecipient(bytes));
    recipient.next_attempt_time = due_time;
    recipient.held = hold;
    postponed.emplace_back(claim, std::move(recipient));
  }
  RETURN_IF_ERROR(GiveUp(cancelled));
  for (const Claim& claim : unchanged) {
    group_->ended.emplace(claim.email_id, claim.recipient_index);
    const absl::Time due = due_queue_.Find(claim)->due_time;
    group_->requeued.emplace_back(claim, ToNanos(due));
    group_->earliest_due = std::min(group_->earliest_due, due);
  }
  for (const auto& [claim, recipient] : postponed) {
    group_->touched.insert(claim.email_id);
    group_->ended.emplace(claim.email_id, claim.recipient_index);
    group_->batch.Drop(Family::kDue, EncodeDueKey({ToNanos(due_queue_.Find(claim)->due_time),
                                                   claim.email_id, claim.recipient_index}));
    group_->batch.Put(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index),
                      EncodeRecipient(recipient));
    Requeue(claim, due_time);
    group_->has_changes = true;
  }
  failpoints_.Reach(Failpoint::kReleasePrepared);
  return absl::OkStatus();
}

absl::Status QueueWriter::GiveUp(const std::vector<Claim>& claims) {
  std::vector<Recipient> recipients;
  for (const Claim& claim : claims) {
    ASSIGN_OR_RETURN(
        const std::string bytes,
        database_.Get(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index)));
    ASSIGN_OR_RETURN(recipients.emplace_back(), DecodeRecipient(bytes));
    RETURN_IF_ERROR(unsettled_.Load(*due_queue_.Find(claim)->record));
  }
  for (size_t i = 0; i < claims.size(); ++i) {
    const Claim& claim = claims[i];
    // The same claim may have been given back twice.
    if (IsFinal(recipients[i].state) ||
        group_->ended.contains({claim.email_id, claim.recipient_index})) {
      continue;
    }
    const absl::Time time = cancelled_.TimeOf(claim.email_id).value_or(absl::UnixEpoch());
    const HeldClaim held = *due_queue_.Find(claim);
    Advance({*held.record, claim, held.due_time}, Cancelled(std::move(recipients[i])), time);
  }
  return absl::OkStatus();
}

absl::Status QueueWriter::Expire(const ExpiredRun& run) {
  const int64_t trimmed = retention_.trimmed_sequence();
  // Found once more before it was gone.
  if (run.through_sequence <= std::max(trimmed, group_->trimmed_sequence)) return absl::OkStatus();
  for (const auto& [family, key] : run.records) group_->batch.Delete(family, key);
  group_->batch.DeleteRange(Family::kEvents, EventKey(trimmed + 1),
                            EventKey(run.through_sequence + 1));
  group_->batch.Put(Family::kMeta, kTrimmedSequenceKey, absl::StrCat(run.through_sequence));
  group_->trimmed_sequence = run.through_sequence;
  group_->has_changes = true;
  failpoints_.Reach(Failpoint::kExpiryPrepared);
  return absl::OkStatus();
}

absl::Status QueueWriter::MarkDamaged(const std::string& key, const std::string& value) {
  group_->batch.Put(Family::kDamaged, key, value);
  group_->has_changes = true;
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
  // What had failed may have been written all the same, or not.
  fresh_.Clear();
  known_ids_.Forget();
  RETURN_IF_ERROR(LoadState());
  ASSIGN_OR_RETURN(const std::string last_key, database_.LastKey(Family::kEvents));
  int64_t last = 0;
  if (!last_key.empty()) {
    ASSIGN_OR_RETURN(last, DecodeEventKey(last_key));
  }
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
  // Where they are due tells whether what they were taken for has happened.
  for (const Claim& claim : std::exchange(taken_by_failed_, {})) {
    if (!due_queue_.Holds(claim)) continue;
    const absl::StatusOr<std::string> bytes =
        database_.Get(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index));
    const absl::StatusOr<Recipient> recipient =
        bytes.ok() ? DecodeRecipient(*bytes) : bytes.status();
    due_queue_.Requeue(claim,
                       ToNanos(recipient.ok() ? recipient->next_attempt_time : claim.due_time));
  }
  tail_.Append(events);
  last_sequence_ = std::max<int64_t>(last_sequence_, last);
  return absl::OkStatus();
}

void QueueWriter::AdoptEvent(const Event& event) {
  known_ids_.Add(event.email_id);
  std::optional<int64_t> due_nanos;
  if (!IsFinal(event.recipient.state)) {
    due_nanos = ToNanos(event.recipient.next_attempt_time);
    unannounced_due_ = std::min(unannounced_due_, event.recipient.next_attempt_time);
  }
  due_queue_.Override(event.email_id, event.recipient_index, due_nanos);
}

}  // namespace mailstrom::storage
