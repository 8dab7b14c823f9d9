#include "storage/repair.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "storage/amendment.h"
#include "storage/email_index.h"
#include "storage/ordered_bytes.h"
#include "storage/quarantine.h"
#include "storage/record_codec.h"
#include "storage/record_walk.h"
#include "storage/records.h"
#include "storage/schema.h"
#include "storage/store.h"
#include "storage/tenant_counts.h"
#include "storage/transition.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kMaxChangeTexts = 1000;
constexpr size_t kIndexBytes = 4;
// No email has more recipients.
constexpr int kMaxRecipients = 1 << 24;

using RecipientId = std::pair<std::string, int>;

// An email of which not all is known.
struct Patient {
  EmailRecord record;
  // Nothing: its record is lost.
  std::vector<std::optional<Recipient>> recipients;
  // Recipients whose last events are not theirs.
  std::set<int> doubtful;
};

// An email whose recipients need new events.
struct LateEmail {
  Email email;
  std::set<int> indexes;
};

class Repairer {
 public:
  Repairer(Database& database, const RepairOptions& options)
      : database_(database),
        options_(options),
        amended_(database),
        quarantine_(options.quarantine_folder) {}

  absl::StatusOr<Repair> Run() {
    RETURN_IF_ERROR(CheckLog());
    RETURN_IF_ERROR(Each(Family::kEmails, [&](auto key, auto value) { CheckEmail(key, value); }));
    RETURN_IF_ERROR(
        Each(Family::kRecipients, [&](auto key, auto value) { CheckOwner(key, value); }));
    RETURN_IF_ERROR(Each(Family::kContents, [&](auto key, auto value) {
      if (!amended_.Has(Family::kEmails, key)) {
        SetAside(Family::kContents, key, value, "has no email");
      }
    }));
    RETURN_IF_ERROR(RecallFromLog());
    for (auto& [id, patient] : patients_) Treat(patient);
    AnnounceLosses();
    for (LateEmail& late : late_) Renew(late);
    FillGaps();
    RETURN_IF_ERROR(Each(Family::kDue, [&](auto key, auto) { CheckDue(key); }));
    for (const Family family : {Family::kByTime, Family::kByTag, Family::kByRecipient}) {
      RETURN_IF_ERROR(Each(family, [&](auto key, auto) { CheckPlace(family, key); }));
    }
    RETURN_IF_ERROR(CheckOthers());
    CheckTotals();
    RETURN_IF_ERROR(CheckTenants());
    RETURN_IF_ERROR(status_);
    if (!options_.dry_run) RETURN_IF_ERROR(amended_.Apply());
    return std::move(repair_);
  }

 private:
  using Visit = absl::FunctionRef<void(absl::string_view key, absl::string_view value)>;

  absl::Status Each(Family family, Visit visit) {
    RETURN_IF_ERROR(ForEachRecord(database_, family, visit));
    return status_;
  }

  // Nothing: there is no such record, it cannot be read, or the disk failed.
  absl::StatusOr<std::string> Get(Family family, absl::string_view key) {
    absl::StatusOr<std::string> bytes = amended_.Get(family, key);
    if (!bytes.ok() && !absl::IsNotFound(bytes.status()) && !absl::IsDataLoss(bytes.status())) {
      status_.Update(bytes.status());
    }
    return bytes;
  }

  void Say(Family family, absl::string_view key, absl::string_view what) {
    ++repair_.change_count;
    if (repair_.changes.size() >= kMaxChangeTexts) return;
    repair_.changes.push_back(
        absl::StrCat(FamilyName(family), " ", absl::CHexEscape(key), ": ", what));
  }

  void Put(Family family, absl::string_view key, std::string value, absl::string_view what) {
    Say(family, key, what);
    amended_.Put(family, key, std::move(value));
  }

  void Delete(Family family, absl::string_view key, absl::string_view what) {
    Say(family, key, what);
    amended_.Delete(family, key);
  }

  void SetAside(Family family, absl::string_view key, absl::string_view value,
                absl::string_view reason) {
    Delete(family, key, absl::StrCat(reason, "; set aside"));
    ++repair_.set_aside;
    if (!options_.dry_run) status_.Update(quarantine_.Add(family, key, value, reason));
  }

  // The log.

  absl::Status CheckLog() {
    const absl::StatusOr<std::string> bytes = Get(Family::kMeta, kTrimmedSequenceKey);
    const bool is_known = !bytes.ok() || absl::SimpleAtoi(*bytes, &trimmed_);
    if (!is_known) {
      ASSIGN_OR_RETURN(const std::string first_key, database_.FirstKey(Family::kEvents));
      const absl::StatusOr<int64_t> first = DecodeEventKey(first_key);
      trimmed_ = first.ok() ? *first - 1 : 0;
      Put(Family::kMeta, kTrimmedSequenceKey, absl::StrCat(trimmed_), "is no number; counted anew");
    }
    last_sequence_ = trimmed_;
    return Each(Family::kEvents, [&](auto key, auto value) {
      const absl::StatusOr<int64_t> sequence = DecodeEventKey(key);
      if (!sequence.ok()) return SetAside(Family::kEvents, key, value, sequence.status().message());
      if (*sequence <= trimmed_) return Delete(Family::kEvents, key, "is past its retention");
      AddGap(last_sequence_ + 1, *sequence);
      last_sequence_ = *sequence;
      const absl::StatusOr<Event> event = DecodeEvent(*sequence, value);
      if (event.ok()) NoteEvent(*event);
      if (!absl::IsDataLoss(event.status())) return;
      SetAside(Family::kEvents, key, value, "does not parse");
      AddGap(*sequence, *sequence + 1);
    });
  }

  // Finds recipients whose records are older than the log: to believe those would be to send a
  // message again.
  void NoteEvent(const Event& event) {
    const absl::StatusOr<std::string> bytes =
        Get(Family::kRecipients, RecipientKey(event.email_id, event.recipient_index));
    const absl::StatusOr<Recipient> recipient =
        bytes.ok() ? DecodeRecipient(*bytes) : bytes.status();
    if (recipient.ok() && recipient->revision < event.sequence) {
      outdated_.emplace(event.email_id, event.recipient_index);
    }
  }

  // From `begin` on and before `end`.
  void AddGap(int64_t begin, int64_t end) {
    if (begin < end) gaps_.emplace_back(begin, end);
  }

  // The recipient has a revision of which the log may know nothing.
  void NoteRevision(int64_t revision) {
    if (revision <= last_sequence_) return;
    AddGap(last_sequence_ + 1, revision + 1);
    last_sequence_ = revision;
  }

  void FillGaps() {
    for (const auto& [begin, end] : gaps_) {
      for (int64_t sequence = begin; sequence < end; ++sequence) {
        const std::string key = EventKey(sequence);
        if (amended_.Has(Family::kEvents, key)) continue;
        Put(Family::kEvents, key, EncodeLostEvent(), "is lost; its number is kept");
      }
    }
  }

  // Finds the last events of those of whom something is in doubt.
  absl::Status RecallFromLog() {
    if (patients_.empty() && orphans_.empty()) return absl::OkStatus();
    return Each(Family::kEvents, [&](auto key, auto value) {
      const absl::StatusOr<int64_t> sequence = DecodeEventKey(key);
      absl::StatusOr<Event> event =
          sequence.ok() ? DecodeEvent(*sequence, value) : sequence.status();
      if (!event.ok() || *sequence <= trimmed_) return;
      const RecipientId id(event->email_id, event->recipient_index);
      if (patients_.contains(id.first) || orphans_.contains(id)) recalled_[id] = *std::move(event);
    });
  }

  const Event* LastEvent(const std::string& email_id, int index) const {
    const auto found = recalled_.find({email_id, index});
    return found == recalled_.end() ? nullptr : &found->second;
  }

  // Emails and their recipients.

  void CheckEmail(absl::string_view id, absl::string_view value) {
    absl::StatusOr<EmailRecord> record = DecodeEmailRecord(id, value);
    if (record.ok() && (record->recipient_count < 1 || record->recipient_count > kMaxRecipients)) {
      record = absl::DataLossError("impossible number of recipients");
    }
    if (!record.ok()) return SetAside(Family::kEmails, id, value, "does not parse");
    Patient patient{*std::move(record), {}, {}};
    bool is_whole = true;
    for (int i = 0; i < patient.record.recipient_count; ++i) {
      const std::string key = RecipientKey(id, i);
      const absl::StatusOr<std::string> bytes = Get(Family::kRecipients, key);
      const absl::StatusOr<Recipient> recipient =
          bytes.ok() ? DecodeRecipient(*bytes) : bytes.status();
      if (!recipient.ok()) {
        if (bytes.ok()) SetAside(Family::kRecipients, key, *bytes, recipient.status().message());
        is_whole = false;
        patient.recipients.emplace_back();
        continue;
      }
      if (!AgreesWithLog(patient.record, i, *recipient)) {
        is_whole = false;
        patient.doubtful.insert(i);
      }
      patient.recipients.push_back(*recipient);
    }
    if (!is_whole) {
      patients_.emplace(id, std::move(patient));
      return;
    }
    Email email{std::move(patient.record), {}};
    for (auto& recipient : patient.recipients) email.recipients.push_back(*std::move(recipient));
    Finish(std::move(email), {});
  }

  // Whether the event that brought the recipient here says so. True as well if it is gone.
  bool AgreesWithLog(const EmailRecord& record, int index, const Recipient& recipient) {
    if (outdated_.contains({record.email_id, index})) return false;
    if (recipient.revision <= trimmed_) return true;
    NoteRevision(recipient.revision);
    const absl::StatusOr<std::string> bytes = Get(Family::kEvents, EventKey(recipient.revision));
    if (!bytes.ok()) return true;
    const absl::StatusOr<Event> event = DecodeEvent(recipient.revision, *bytes);
    if (!event.ok()) return true;
    // Release and Hold put off the next attempt without an event.
    Recipient comparable = event->recipient;
    comparable.next_attempt_time = recipient.next_attempt_time;
    comparable.held = recipient.held;
    return event->email_id == record.email_id && event->recipient_index == index &&
           EncodeRecipient(comparable) == EncodeRecipient(recipient);
  }

  // Makes an email whole again; what was lost of it comes from the log.
  void Treat(Patient& patient) {
    Email email{std::move(patient.record), {}};
    std::set<int> renewed;
    for (int i = 0; i < email.record.recipient_count; ++i) {
      std::optional<Recipient>& known = patient.recipients[i];
      if (!known.has_value() || patient.doubtful.contains(i)) {
        const Event* event = LastEvent(email.record.email_id, i);
        const bool is_newer =
            event != nullptr && (!known.has_value() || event->sequence >= known->revision);
        if (is_newer) {
          known = event->recipient;
          Put(Family::kRecipients, RecipientKey(email.record.email_id, i), EncodeRecipient(*known),
              absl::StrCat("rebuilt from event ", event->sequence));
        } else {
          if (!known.has_value()) known = Unknown();
          renewed.insert(i);
        }
      }
      email.recipients.push_back(*known);
    }
    Finish(std::move(email), std::move(renewed));
  }

  // Stands for a recipient of whom nothing is known.
  Recipient Unknown() {
    Recipient recipient;
    recipient.in_doubt = true;
    GiveUp(recipient, "the record of this recipient was lost");
    return recipient;
  }

  void GiveUp(Recipient& recipient, const char* why) {
    ++repair_.given_up;
    recipient.state = RecipientState::kFailed;
    recipient.last_attempt.emplace();
    recipient.last_attempt->start_time = options_.now;
    recipient.last_attempt->end_time = options_.now;
    recipient.last_attempt->description = why;
    recipient.last_attempt->bounce_class = BounceClass::kSystem;
  }

  // All recipients of `email` are known; those at `renewed` need new events.
  void Finish(Email email, std::set<int> renewed) {
    const std::string& id = email.record.email_id;
    const bool settled = email.settled();
    const absl::StatusOr<std::string> content = Get(Family::kContents, id);
    if (content.ok() && settled) {
      SetAside(Family::kContents, id, *content, "is left of a settled email");
    }
    if (!content.ok() && !absl::IsNotFound(content.status())) {
      Delete(Family::kContents, id, "cannot be read; removed");
    }
    if (!content.ok() && !settled) {
      for (int i = 0; i < email.record.recipient_count; ++i) {
        if (IsFinal(email.recipients[i].state)) continue;
        GiveUp(email.recipients[i], "the content of this email was lost");
        renewed.insert(i);
      }
    }
    RestoreEvents(email, renewed);
    if (!renewed.empty()) {
      // Once the end of the log is known.
      late_.push_back({std::move(email), std::move(renewed)});
    } else {
      Complete(email);
    }
  }

  // Puts last events back into the log where they are missing.
  void RestoreEvents(const Email& email, const std::set<int>& renewed) {
    for (int i = 0; i < email.record.recipient_count; ++i) {
      const Recipient& recipient = email.recipients[i];
      if (renewed.contains(i) || recipient.revision <= trimmed_) continue;
      const std::string key = EventKey(recipient.revision);
      const absl::StatusOr<std::string> bytes = Get(Family::kEvents, key);
      if (bytes.ok() && DecodeEvent(recipient.revision, *bytes).ok()) continue;
      const bool settles = email.settled() && recipient.revision == email.revision();
      const absl::Time time = recipient.last_attempt.has_value() ? recipient.last_attempt->end_time
                                                                 : email.record.accept_time;
      Put(Family::kEvents, key, EncodeEvent(MakeEvent(email.record, i, recipient, settles, time)),
          "rebuilt from its recipient");
    }
  }

  // Appends events to the log that bring recipients where they are.
  void Renew(LateEmail& late) {
    for (const int i : late.indexes) late.email.recipients[i].revision = ++last_sequence_;
    for (const int i : late.indexes) {
      const Recipient& recipient = late.email.recipients[i];
      const std::string key = RecipientKey(late.email.record.email_id, i);
      const bool settles = late.email.settled() && recipient.revision == late.email.revision();
      Put(Family::kRecipients, key, EncodeRecipient(recipient),
          absl::StrCat(IsFinal(recipient.state) ? "failed" : "put down", " with event ",
                       recipient.revision));
      amended_.Put(Family::kEvents, EventKey(recipient.revision),
                   EncodeEvent(MakeEvent(late.email.record, i, recipient, settles, options_.now)));
    }
    Complete(late.email);
  }

  // Adds to the indexes and to the totals.
  void Complete(const Email& email) {
    for (const auto& [family, key] : IndexPlaces(email)) {
      if (!Get(family, key).ok()) Put(family, key, "", "added");
    }
    for (int i = 0; i < email.record.recipient_count; ++i) {
      const Recipient& recipient = email.recipients[i];
      if (IsFinal(recipient.state)) continue;
      ++totals_.recipients;
      if (!email.record.tenant.empty()) ++tenant_recipients_[email.record.tenant];
      const std::string key =
          EncodeDueKey({ToNanos(recipient.next_attempt_time), email.record.email_id, i});
      if (!Get(Family::kDue, key).ok()) Put(Family::kDue, key, "", "added");
    }
    if (email.settled()) return;
    ++totals_.emails;
    totals_.bytes += email.record.size_bytes;
  }

  // Recipients of nobody.

  void CheckOwner(absl::string_view key, absl::string_view value) {
    const bool is_short = key.size() <= kIndexBytes;
    const std::string id(is_short ? "" : key.substr(0, key.size() - kIndexBytes));
    const int index =
        is_short ? 0 : static_cast<int>(ReadNumber(key.substr(key.size() - kIndexBytes)));
    const absl::StatusOr<std::string> bytes = Get(Family::kEmails, id);
    if (bytes.ok() && !is_short) {
      const absl::StatusOr<EmailRecord> record = DecodeEmailRecord(id, *bytes);
      if (record.ok() && index < record->recipient_count) return;
    }
    SetAside(Family::kRecipients, key, value, "has no email");
    if (is_short) return;
    absl::StatusOr<Recipient> recipient = DecodeRecipient(value);
    if (recipient.ok()) NoteRevision(recipient->revision);
    std::optional<Recipient>& orphan = orphans_[{id, index}];
    if (recipient.ok()) orphan = *std::move(recipient);
  }

  // Tells watchers that recipients fail whose email is lost.
  void AnnounceLosses() {
    std::map<std::string, std::vector<Event>> losses;
    for (const auto& [id, known] : orphans_) {
      // With the email goes what makes it one of many recipients beyond its number.
      if (amended_.Has(Family::kEmails, id.first)) continue;
      const Event* last = LastEvent(id.first, id.second);
      if (!known.has_value() && last == nullptr) continue;
      Event event = last != nullptr ? *last : Event{};
      if (known.has_value()) event.recipient = *known;
      if (IsFinal(event.recipient.state)) continue;
      event.email_id = id.first;
      event.recipient_index = id.second;
      event.event_time = options_.now;
      GiveUp(event.recipient, "the record of this email was lost");
      losses[id.first].push_back(std::move(event));
    }
    for (auto& [id, events] : losses) {
      for (Event& event : events) {
        event.sequence = event.recipient.revision = ++last_sequence_;
        event.email_settled = &event == &events.back();
        Put(Family::kEvents, EventKey(event.sequence), EncodeEvent(event),
            absl::StrCat("added: recipient ", event.recipient_index, " of ", id, " has failed"));
      }
    }
  }

  // Everything else.

  void CheckDue(absl::string_view bytes) {
    const absl::StatusOr<DueKey> key = DecodeDueKey(bytes);
    if (key.ok()) {
      const absl::StatusOr<std::string> value =
          Get(Family::kRecipients, RecipientKey(key->email_id, key->recipient_index));
      const absl::StatusOr<Recipient> recipient =
          value.ok() ? DecodeRecipient(*value) : value.status();
      if (recipient.ok() && !IsFinal(recipient->state) &&
          ToNanos(recipient->next_attempt_time) == key->due_nanos) {
        return;
      }
    }
    Delete(Family::kDue, bytes, "leads nowhere; removed");
  }

  void CheckPlace(Family family, absl::string_view key) {
    const absl::StatusOr<std::string> id = IndexedEmailId(family, key);
    const absl::StatusOr<Email> email = id.ok() ? ReadEmail(*id) : id.status();
    if (email.ok()) {
      for (const auto& [place_family, place] : IndexPlaces(*email)) {
        if (place_family == family && place == key) return;
      }
    }
    Delete(family, key, "leads nowhere; removed");
  }

  absl::StatusOr<Email> ReadEmail(absl::string_view id) {
    ASSIGN_OR_RETURN(const std::string bytes, Get(Family::kEmails, id));
    Email email;
    ASSIGN_OR_RETURN(email.record, DecodeEmailRecord(id, bytes));
    for (int i = 0; i < email.record.recipient_count; ++i) {
      ASSIGN_OR_RETURN(const std::string value, Get(Family::kRecipients, RecipientKey(id, i)));
      ASSIGN_OR_RETURN(email.recipients.emplace_back(), DecodeRecipient(value));
    }
    return email;
  }

  absl::Status CheckOthers() {
    RETURN_IF_ERROR(Each(Family::kRequestKeys, [&](auto key, auto value) {
      const absl::Status parsed = DecodeKeyedRequest(value).status();
      if (!parsed.ok()) SetAside(Family::kRequestKeys, key, value, parsed.message());
    }));
    RETURN_IF_ERROR(Each(Family::kCancelled, [&](auto key, auto value) {
      const absl::StatusOr<Email> email = ReadEmail(key);
      if (!email.ok() || email->settled()) {
        return Delete(Family::kCancelled, key, "leads nowhere; removed");
      }
      if (DecodeCancelTime(value).ok()) return;
      SetAside(Family::kCancelled, key, value, "does not parse");
      // That it was cancelled matters more than when.
      Put(Family::kCancelled, key, EncodeCancelTime(options_.now), "put down anew");
    }));
    RETURN_IF_ERROR(Each(Family::kDialogues, [&](auto key, auto value) {
      const absl::StatusOr<int64_t> sequence = DecodeDialogueKey(key);
      const absl::Status parsed =
          sequence.ok() ? DecodeDialogue(*sequence, value).status() : sequence.status();
      if (!parsed.ok()) return SetAside(Family::kDialogues, key, value, parsed.message());
      if (!Get(Family::kEmails, key.substr(0, key.size() - kNumberBytes)).ok()) {
        SetAside(Family::kDialogues, key, value, "has no email");
      }
    }));
    return Each(Family::kDamaged,
                [&](auto key, auto) { Delete(Family::kDamaged, key, "mark of damage removed"); });
  }

  void CheckTotals() {
    const absl::StatusOr<std::string> bytes = Get(Family::kMeta, kQueueTotalsKey);
    const absl::StatusOr<QueueTotals> totals =
        bytes.ok() ? DecodeQueueTotals(*bytes) : QueueTotals{};
    if (totals.ok() && *totals == totals_) return;
    Put(Family::kMeta, kQueueTotalsKey, EncodeQueueTotals(totals_), "counted anew");
  }

  absl::Status CheckTenants() {
    std::set<std::string> on_disk;
    RETURN_IF_ERROR(database_.Scan(Family::kMeta, TenantRecipientsKey(""), TenantRecipientsEnd(),
                                   [&](absl::string_view key, absl::string_view) {
                                     on_disk.emplace(key);
                                     return true;
                                   }));
    for (const auto& [tenant, count] : tenant_recipients_) {
      const std::string key = TenantRecipientsKey(tenant);
      on_disk.erase(key);
      const absl::StatusOr<std::string> before = Get(Family::kMeta, key);
      if (before.ok() && *before == absl::StrCat(count)) continue;
      Put(Family::kMeta, key, absl::StrCat(count), "counted anew");
    }
    for (const std::string& key : on_disk) Delete(Family::kMeta, key, "has no recipients");
    return absl::OkStatus();
  }

  Database& database_;
  const RepairOptions options_;
  Amendment amended_;
  Quarantine quarantine_;
  absl::Status status_;
  Repair repair_;

  int64_t trimmed_ = 0;
  // The newest event, known or lost.
  int64_t last_sequence_ = 0;
  std::vector<std::pair<int64_t, int64_t>> gaps_;
  std::set<RecipientId> outdated_;
  std::map<std::string, Patient> patients_;
  std::map<RecipientId, std::optional<Recipient>> orphans_;
  std::map<RecipientId, Event> recalled_;
  std::vector<LateEmail> late_;
  QueueTotals totals_;
  std::map<std::string, int64_t> tenant_recipients_;
};

}  // namespace

absl::StatusOr<Repair> RepairDatabase(Database& database, const RepairOptions& options) {
  return Repairer(database, options).Run();
}

}  // namespace mailstrom::storage
