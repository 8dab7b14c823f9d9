#include "storage/record_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"
#include "storage/schema.h"

namespace mailstrom::storage {
namespace {

// A run of events read from the disk ends when it has this many bytes.
constexpr size_t kMaxBatchBytes = size_t{1} << 20;

// Up to so many recipients are looked up by their keys, with the help of filters; more are read in
// a row.
constexpr int kMaxSingleReads = 32;

}  // namespace

absl::StatusOr<Email> RecordReader::ReadEmail(const std::string& email_id) const {
  const absl::StatusOr<std::string> bytes = database_.Get(Family::kEmails, email_id);
  if (absl::IsNotFound(bytes.status())) return EmailUnknownError(email_id);
  RETURN_IF_ERROR(bytes.status());
  absl::StatusOr<EmailRecord> record = DecodeEmailRecord(email_id, *bytes);
  damage_.Report(Family::kEmails, email_id, record.status());
  RETURN_IF_ERROR(record.status());
  return ReadEmailOf(*std::move(record));
}

absl::StatusOr<Email> RecordReader::ReadEmailOf(EmailRecord record) const {
  absl::StatusOr<std::vector<Recipient>> recipients = ReadRecipients(record);
  // It may have gone after its record was read.
  if (absl::IsDataLoss(recipients.status()) &&
      absl::IsNotFound(database_.Get(Family::kEmails, record.email_id).status())) {
    return EmailUnknownError(record.email_id);
  }
  RETURN_IF_ERROR(recipients.status());
  Email email{std::move(record), *std::move(recipients)};
  ASSIGN_OR_RETURN(const bool expired, retention_.HasExpired(email));
  if (expired) return EmailUnknownError(email.record.email_id);
  return email;
}

absl::StatusOr<std::vector<Recipient>> RecordReader::ReadRecipients(
    const EmailRecord& record) const {
  std::vector<Recipient> recipients;
  absl::Status parsed;
  const auto add = [&](absl::string_view key, absl::string_view value) {
    absl::StatusOr<Recipient> recipient = DecodeRecipient(value);
    parsed = recipient.status();
    damage_.Report(Family::kRecipients, key, parsed);
    if (parsed.ok()) recipients.push_back(*std::move(recipient));
    return parsed.ok();
  };
  if (record.recipient_count <= kMaxSingleReads) {
    RETURN_IF_ERROR(ReadSingly(record, add));
  } else {
    RETURN_IF_ERROR(database_.Scan(Family::kRecipients, RecipientKey(record.email_id, 0),
                                   RecipientKey(record.email_id, record.recipient_count), add));
  }
  if (!parsed.ok()) {
    return absl::DataLossError(absl::StrCat("email ", record.email_id, ": ", parsed.message()));
  }
  if (static_cast<int>(recipients.size()) != record.recipient_count) {
    return absl::DataLossError(absl::StrCat("email ", record.email_id, " lacks recipients"));
  }
  return recipients;
}

absl::Status RecordReader::ReadSingly(
    const EmailRecord& record,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> add) const {
  std::vector<std::string> keys;
  for (int i = 0; i < record.recipient_count; ++i) {
    keys.push_back(RecipientKey(record.email_id, i));
  }
  const auto values = database_.MultiGet(Family::kRecipients, keys);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (absl::IsNotFound(values[i].status())) break;
    RETURN_IF_ERROR(values[i].status());
    if (!add(keys[i], *values[i])) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const std::string>> RecordReader::ReadContent(
    const std::string& email_id) const {
  absl::StatusOr<std::string> content = database_.Get(Family::kContents, email_id);
  if (absl::IsNotFound(content.status())) return EmailUnknownError(email_id);
  RETURN_IF_ERROR(content.status());
  return std::make_shared<const std::string>(*std::move(content));
}

absl::StatusOr<std::vector<Dialogue>> RecordReader::ReadDialogues(
    const std::string& email_id) const {
  std::vector<Dialogue> dialogues;
  RETURN_IF_ERROR(database_.ScanBackward(
      Family::kDialogues, DialogueKey(email_id, 0), DialoguesEnd(email_id),
      [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<int64_t> sequence = DecodeDialogueKey(key);
        absl::StatusOr<Dialogue> dialogue =
            sequence.ok() ? DecodeDialogue(*sequence, value) : sequence.status();
        damage_.Report(Family::kDialogues, key, dialogue.status());
        if (dialogue.ok()) dialogues.push_back(*std::move(dialogue));
        return dialogues.size() < kDialoguesPerEmail;
      }));
  std::reverse(dialogues.begin(), dialogues.end());
  return dialogues;
}

absl::StatusOr<EventBatch> RecordReader::ReadEvents(int64_t after, int max_events,
                                                    int64_t last) const {
  const auto out_of_range = [after] {
    return absl::OutOfRangeError(absl::StrCat("no place ", after, " in the event log"));
  };
  if (after < 0 || after > last) return out_of_range();
  ASSIGN_OR_RETURN(EventBatch batch, ReadPresentEvents(after, max_events, last));
  // Looked at last, for the log may have been trimmed meanwhile.
  if (after < retention_.trimmed_sequence()) return out_of_range();
  if (!batch.events.empty() && retention_.HasExpired(batch.events.front()->event_time)) {
    return out_of_range();
  }
  return batch;
}

absl::StatusOr<EventBatch> RecordReader::ReadPresentEvents(int64_t after, int max_events,
                                                           int64_t last) const {
  const int max = static_cast<int>(std::min<int64_t>(std::max(max_events, 1), last - after));
  EventBatch batch;
  batch.last_sequence = after;
  if (max == 0) return batch;
  if (auto recent = tail_.Read(after, max); recent.has_value()) {
    batch.events = *std::move(recent);
    batch.last_sequence = batch.events.back()->sequence;
    return batch;
  }
  return ScanEvents(after, max, last);
}

absl::StatusOr<EventBatch> RecordReader::ScanEvents(int64_t after, int max_events,
                                                    int64_t last) const {
  EventBatch batch;
  batch.last_sequence = after;
  size_t size_bytes = 0;
  RETURN_IF_ERROR(database_.Scan(
      Family::kEvents, EventKey(after + 1), EventKey(last + 1),
      [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<int64_t> sequence = DecodeEventKey(key);
        absl::StatusOr<Event> event =
            sequence.ok() ? DecodeEvent(*sequence, value) : sequence.status();
        if (sequence.ok()) batch.last_sequence = *sequence;
        if (event.ok()) {
          batch.events.push_back(std::make_shared<const Event>(*std::move(event)));
        } else {
          damage_.Report(Family::kEvents, key, event.status());
        }
        size_bytes += value.size();
        return static_cast<int>(batch.events.size()) < max_events && size_bytes < kMaxBatchBytes;
      }));
  return batch;
}

}  // namespace mailstrom::storage
