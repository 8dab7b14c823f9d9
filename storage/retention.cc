#include "storage/retention.h"

#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "storage/email_index.h"
#include "storage/record_codec.h"

namespace mailstrom::storage {
namespace {

// Events of one run. Bounds how long a commit that removes them holds up others.
constexpr int kMaxRunEvents = 1000;
// The log is in the order of commit, and times in it may be a little out of order, or wrong when a
// clock was: so many events that are not expired must follow before the rest is taken to be
// younger.
constexpr int kLookAhead = 64;
// Indexes of recipients are below this.
constexpr int kIndexEnd = 1 << 24;

}  // namespace

bool Retention::HasExpired(absl::Time event_time) const {
  return period_ != absl::InfiniteDuration() && event_time + period_ <= clock_.Now();
}

absl::StatusOr<bool> Retention::HasExpired(const Email& email) const {
  if (period_ == absl::InfiniteDuration() || !email.settled()) return false;
  const int64_t sequence = email.revision();
  if (sequence <= trimmed_sequence_) return true;
  const absl::StatusOr<std::string> bytes = database_.Get(Family::kEvents, EventKey(sequence));
  if (absl::IsNotFound(bytes.status())) return sequence <= trimmed_sequence_;
  RETURN_IF_ERROR(bytes.status());
  const absl::StatusOr<Event> event = DecodeEvent(sequence, *bytes);
  // A damaged event does not take the email with it.
  return event.ok() && HasExpired(event->event_time);
}

absl::StatusOr<std::optional<ExpiredRun>> Retention::NextRun() const {
  if (period_ == absl::InfiniteDuration()) return std::nullopt;
  ExpiredRun run;
  std::vector<std::string> settled;
  // Settled by events of which it is not yet known whether an expired one follows.
  std::vector<std::string> pending;
  int seen = 0;
  int unexpired = 0;
  RETURN_IF_ERROR(database_.Scan(Family::kEvents, EventKey(trimmed_sequence_ + 1), "",
                                 [&](absl::string_view key, absl::string_view value) {
                                   const absl::StatusOr<int64_t> sequence = DecodeEventKey(key);
                                   const absl::StatusOr<Event> event =
                                       sequence.ok() ? DecodeEvent(*sequence, value)
                                                     : sequence.status();
                                   // One that does not parse goes with its neighbours.
                                   if (!event.ok()) return ++seen < kMaxRunEvents;
                                   if (event->email_settled) pending.push_back(event->email_id);
                                   if (HasExpired(event->event_time)) {
                                     run.through_sequence = *sequence;
                                     settled.insert(settled.end(), pending.begin(), pending.end());
                                     pending.clear();
                                     unexpired = 0;
                                   } else {
                                     ++unexpired;
                                   }
                                   return ++seen < kMaxRunEvents && unexpired < kLookAhead;
                                 }));
  if (run.through_sequence == 0) return std::nullopt;
  for (const std::string& email_id : settled) RETURN_IF_ERROR(AddRecordsOf(email_id, run));
  return run;
}

absl::Status Retention::AddRecordsOf(const std::string& email_id, ExpiredRun& run) const {
  const absl::StatusOr<std::string> bytes = database_.Get(Family::kEmails, email_id);
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
  if (bytes.ok()) run.records.emplace_back(Family::kEmails, email_id);
  Email email;
  RETURN_IF_ERROR(database_.Scan(Family::kRecipients, RecipientKey(email_id, 0),
                                 RecipientKey(email_id, kIndexEnd),
                                 [&](absl::string_view key, absl::string_view value) {
                                   run.records.emplace_back(Family::kRecipients, std::string(key));
                                   absl::StatusOr<Recipient> recipient = DecodeRecipient(value);
                                   if (recipient.ok())
                                     email.recipients.push_back(*std::move(recipient));
                                   return true;
                                 }));
  RETURN_IF_ERROR(
      AddKeys(Family::kDialogues, DialogueKey(email_id, 0), DialoguesEnd(email_id), run));
  // Without its record, nothing tells where an email stands in the indexes; lists pass over it.
  absl::StatusOr<EmailRecord> record =
      bytes.ok() ? DecodeEmailRecord(email_id, *bytes) : bytes.status();
  if (!record.ok()) return absl::OkStatus();
  email.record = *std::move(record);
  for (auto& place : IndexPlaces(email)) run.records.push_back(std::move(place));
  return absl::OkStatus();
}

absl::Status Retention::AddKeys(Family family, const std::string& begin, const std::string& end,
                                ExpiredRun& run) const {
  return database_.Scan(family, begin, end, [&](absl::string_view key, absl::string_view) {
    run.records.emplace_back(family, std::string(key));
    return true;
  });
}

}  // namespace mailstrom::storage
