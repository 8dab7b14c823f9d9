#include "storage/verification.h"

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "storage/email_index.h"
#include "storage/ordered_bytes.h"
#include "storage/record_codec.h"
#include "storage/record_walk.h"
#include "storage/records.h"
#include "storage/store.h"
#include "storage/tenant_counts.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kMaxProblemTexts = 100;
constexpr size_t kIndexBytes = 4;

class Verifier {
 public:
  explicit Verifier(const Database& database) : database_(database) {}

  absl::StatusOr<Verification> Run() {
    RETURN_IF_ERROR(ReadTrimmed());
    RETURN_IF_ERROR(Each(Family::kEmails, [&](auto key, auto value) { CheckEmail(key, value); }));
    RETURN_IF_ERROR(Each(Family::kRecipients, [&](auto key, auto) {
      CheckHasEmail(Family::kRecipients, key, key.substr(0, key.size() - kIndexBytes));
    }));
    RETURN_IF_ERROR(Each(Family::kContents,
                         [&](auto key, auto) { CheckHasEmail(Family::kContents, key, key); }));
    RETURN_IF_ERROR(Each(Family::kDue, [&](auto key, auto) { CheckDue(key); }));
    RETURN_IF_ERROR(Each(Family::kEvents, [&](auto key, auto value) { CheckEvent(key, value); }));
    RETURN_IF_ERROR(Each(Family::kRequestKeys, [&](auto key, auto value) {
      const absl::Status status = DecodeKeyedRequest(value).status();
      if (!status.ok()) Problem(Family::kRequestKeys, key, status.message());
    }));
    RETURN_IF_ERROR(Each(Family::kCancelled, [&](auto key, auto value) {
      CheckHasEmail(Family::kCancelled, key, key);
      const absl::Status status = DecodeCancelTime(value).status();
      if (!status.ok()) Problem(Family::kCancelled, key, status.message());
    }));
    RETURN_IF_ERROR(
        Each(Family::kDialogues, [&](auto key, auto value) { CheckDialogue(key, value); }));
    for (const Family family :
         {Family::kMeta, Family::kByTime, Family::kByTag, Family::kByRecipient, Family::kDamaged}) {
      RETURN_IF_ERROR(Each(family, [](auto, auto) {}));
    }
    CheckTotals();
    CheckTenants();
    if (!status_.ok()) return status_;
    return std::move(result_);
  }

 private:
  using Visit = absl::FunctionRef<void(absl::string_view key, absl::string_view value)>;

  void Problem(Family family, absl::string_view key, absl::string_view what) {
    ++result_.problem_count;
    if (result_.problems.size() >= kMaxProblemTexts) return;
    result_.problems.push_back(
        absl::StrCat(FamilyName(family), " ", absl::CHexEscape(key), ": ", what));
  }

  absl::Status Each(Family family, Visit visit) {
    return ForEachRecord(database_, family, [&](absl::string_view key, absl::string_view value) {
      ++result_.records[static_cast<int>(family)];
      result_.bytes[static_cast<int>(family)] += static_cast<int64_t>(key.size() + value.size());
      visit(key, value);
    });
  }

  // Nothing: there is no such record, or the disk failed.
  absl::StatusOr<std::string> Get(Family family, absl::string_view key) {
    absl::StatusOr<std::string> bytes = database_.Get(family, key);
    if (!bytes.ok() && !absl::IsNotFound(bytes.status())) status_.Update(bytes.status());
    return bytes;
  }

  bool Has(Family family, absl::string_view key) { return Get(family, key).ok(); }

  absl::Status ReadTrimmed() {
    const absl::StatusOr<std::string> bytes = Get(Family::kMeta, kTrimmedSequenceKey);
    if (bytes.ok() && !absl::SimpleAtoi(*bytes, &last_sequence_)) {
      Problem(Family::kMeta, kTrimmedSequenceKey, "is no number");
    }
    trimmed_ = last_sequence_;
    return status_;
  }

  void CheckEmail(absl::string_view id, absl::string_view value) {
    absl::StatusOr<EmailRecord> record = DecodeEmailRecord(id, value);
    if (!record.ok()) return Problem(Family::kEmails, id, record.status().message());
    Email email{*std::move(record), {}};
    for (int i = 0; i < email.record.recipient_count; ++i) {
      const std::string key = RecipientKey(id, i);
      const absl::StatusOr<std::string> bytes = Get(Family::kRecipients, key);
      if (!bytes.ok()) return Problem(Family::kRecipients, key, "is missing");
      absl::StatusOr<Recipient> recipient = DecodeRecipient(*bytes);
      if (!recipient.ok()) return Problem(Family::kRecipients, key, recipient.status().message());
      CheckRecipient(id, i, *recipient);
      if (!email.record.tenant.empty() && !IsFinal(recipient->state)) {
        ++tenant_recipients_[email.record.tenant];
      }
      email.recipients.push_back(*std::move(recipient));
    }
    const bool settled = email.settled();
    if (Has(Family::kContents, id) == settled) {
      Problem(Family::kContents, id, settled ? "is left of a settled email" : "is missing");
    }
    for (const auto& [family, key] : IndexPlaces(email)) {
      if (!Has(family, key)) Problem(family, key, "is missing");
    }
    if (settled) {
      ++result_.settled_emails;
    } else {
      ++totals_.emails;
      totals_.bytes += email.record.size_bytes;
    }
  }

  void CheckRecipient(absl::string_view id, int index, const Recipient& recipient) {
    switch (recipient.state) {
      case RecipientState::kQueued:
        ++result_.queued;
        break;
      case RecipientState::kDeferred:
        ++result_.deferred;
        break;
      case RecipientState::kDelivered:
        ++result_.delivered;
        break;
      case RecipientState::kFailed:
        ++result_.failed;
        break;
    }
    const std::string key = RecipientKey(id, index);
    if (!IsFinal(recipient.state)) {
      ++totals_.recipients;
      const DueKey due = {ToNanos(recipient.next_attempt_time), std::string(id), index};
      if (!Has(Family::kDue, EncodeDueKey(due))) {
        Problem(Family::kRecipients, key, "is not in the due index");
      }
    }
    // Its last event is gone by retention.
    if (recipient.revision <= trimmed_) return;
    const absl::StatusOr<std::string> bytes = Get(Family::kEvents, EventKey(recipient.revision));
    if (!bytes.ok()) return Problem(Family::kRecipients, key, "has no event");
    const absl::StatusOr<Event> event = DecodeEvent(recipient.revision, *bytes);
    // That is said where events are read.
    if (!event.ok()) return;
    // Release and Hold put off the next attempt without an event.
    Recipient comparable = event->recipient;
    comparable.next_attempt_time = recipient.next_attempt_time;
    comparable.held = recipient.held;
    if (event->email_id != id || event->recipient_index != index ||
        EncodeRecipient(comparable) != EncodeRecipient(recipient)) {
      Problem(Family::kRecipients, key, "is not what its last event says");
    }
  }

  void CheckHasEmail(Family family, absl::string_view key, absl::string_view email_id) {
    if (!Has(Family::kEmails, email_id)) Problem(family, key, "has no email");
  }

  void CheckDue(absl::string_view bytes) {
    const absl::StatusOr<DueKey> key = DecodeDueKey(bytes);
    if (!key.ok()) return Problem(Family::kDue, bytes, key.status().message());
    const absl::StatusOr<std::string> value =
        Get(Family::kRecipients, RecipientKey(key->email_id, key->recipient_index));
    if (!value.ok()) return Problem(Family::kDue, bytes, "has no recipient");
    const absl::StatusOr<Recipient> recipient = DecodeRecipient(*value);
    if (!recipient.ok()) return;
    if (IsFinal(recipient->state) || ToNanos(recipient->next_attempt_time) != key->due_nanos) {
      Problem(Family::kDue, bytes, "is not its recipient's place");
    }
  }

  void CheckEvent(absl::string_view key, absl::string_view value) {
    const absl::StatusOr<int64_t> sequence = DecodeEventKey(key);
    if (!sequence.ok()) return Problem(Family::kEvents, key, sequence.status().message());
    if (*sequence != last_sequence_ + 1) {
      Problem(Family::kEvents, key, absl::StrCat("follows number ", last_sequence_));
    }
    last_sequence_ = *sequence;
    const absl::StatusOr<Event> event = DecodeEvent(*sequence, value);
    if (event.ok()) CheckAge(key, *event);
    const absl::Status parsed = event.status();
    if (absl::IsNotFound(parsed)) {
      ++result_.lost_events;
    } else if (!parsed.ok()) {
      Problem(Family::kEvents, key, parsed.message());
    }
  }

  // A recipient is as new as all of its events, if it is still there.
  void CheckAge(absl::string_view key, const Event& event) {
    const absl::StatusOr<std::string> bytes =
        Get(Family::kRecipients, RecipientKey(event.email_id, event.recipient_index));
    if (!bytes.ok()) return;
    const absl::StatusOr<Recipient> recipient = DecodeRecipient(*bytes);
    if (recipient.ok() && recipient->revision < event.sequence) {
      Problem(Family::kEvents, key, "is newer than its recipient");
    }
  }

  void CheckDialogue(absl::string_view key, absl::string_view value) {
    const absl::StatusOr<int64_t> sequence = DecodeDialogueKey(key);
    const absl::Status parsed =
        sequence.ok() ? DecodeDialogue(*sequence, value).status() : sequence.status();
    if (!parsed.ok()) return Problem(Family::kDialogues, key, parsed.message());
    CheckHasEmail(Family::kDialogues, key, key.substr(0, key.size() - kNumberBytes));
  }

  void CheckTotals() {
    const absl::StatusOr<std::string> bytes = Get(Family::kMeta, kQueueTotalsKey);
    QueueTotals totals;
    if (bytes.ok()) {
      const absl::StatusOr<QueueTotals> decoded = DecodeQueueTotals(*bytes);
      if (!decoded.ok()) {
        return Problem(Family::kMeta, kQueueTotalsKey, decoded.status().message());
      }
      totals = *decoded;
    }
    if (totals == totals_) return;
    Problem(Family::kMeta, kQueueTotalsKey,
            absl::StrCat("says ", totals.emails, " emails, ", totals.recipients, " recipients and ",
                         totals.bytes, " bytes are queued; there are ", totals_.emails, ", ",
                         totals_.recipients, " and ", totals_.bytes));
  }

  void CheckTenants() {
    const auto counts = ReadTenantCounts(database_);
    if (!counts.ok()) {
      Problem(Family::kMeta, TenantRecipientsKey(""), counts.status().message());
    } else if (*counts != tenant_recipients_) {
      Problem(Family::kMeta, TenantRecipientsKey(""),
              "what the tenants have in the queue is counted wrongly");
    }
  }

  const Database& database_;
  absl::Status status_;
  int64_t trimmed_ = 0;
  int64_t last_sequence_ = 0;
  // Counted.
  QueueTotals totals_;
  std::map<std::string, int64_t> tenant_recipients_;
  Verification result_;
};

}  // namespace

absl::StatusOr<Verification> VerifyDatabase(const Database& database) {
  return Verifier(database).Run();
}

}  // namespace mailstrom::storage
