#include "storage/due_claimer.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"

namespace mailstrom::storage {
namespace {

DueKey PlaceOf(const Claim& claim) {
  return {ToNanos(claim.due_time), claim.email_id, claim.recipient_index};
}

}  // namespace

DueClaimer::DueClaimer(const Database& database, DueQueue& due_queue,
                       const CancelledEmails& cancelled, const FreshEmails& fresh,
                       DamageLog& damage, size_t scan_entries, Hooks hooks)
    : database_(database),
      due_queue_(due_queue),
      cancelled_(cancelled),
      fresh_(fresh),
      damage_(damage),
      scan_entries_(scan_entries),
      hooks_(std::move(hooks)) {}

absl::StatusOr<DueClaimer::Claimed> DueClaimer::ClaimDue(absl::Time now, int max_recipients) {
  Round round;
  if (const absl::Status status = Gather(now, max_recipients, round); !status.ok()) {
    for (const Claim& claim : round.taken) due_queue_.Requeue(claim, ToNanos(claim.due_time));
    return status;
  }
  return Claimed{std::move(round.work), std::move(round.cancelled)};
}

absl::Status DueClaimer::Gather(absl::Time now, int max_recipients, Round& round) {
  while (true) {
    const std::vector<Claim> claims = due_queue_.Take(ToNanos(now), max_recipients - round.good);
    if (!claims.empty()) {
      round.taken.insert(round.taken.end(), claims.begin(), claims.end());
      RETURN_IF_ERROR(Check(claims, round));
      continue;
    }
    // Nothing known is left that is due, or nothing more is wanted.
    const std::optional<absl::Time> next_due = due_queue_.NextDue();
    if (next_due.has_value()) {
      round.work.next_due = *next_due;
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(ScanOn());
  }
}

absl::Status DueClaimer::ScanOn() {
  const DueQueue::Scan scan = due_queue_.BeginScan();
  // The first key that follows: nothing sorts between a key and itself with a NUL appended.
  const std::string begin =
      scan.after.has_value() ? EncodeDueKey(*scan.after) + std::string(1, '\0') : std::string();
  std::vector<DueKey> keys;
  const absl::Status status =
      database_.Scan(Family::kDue, begin, "", [&](absl::string_view bytes, absl::string_view) {
        absl::StatusOr<DueKey> key = DecodeDueKey(bytes);
        if (key.ok()) {
          keys.push_back(*std::move(key));
        } else {
          damage_.Report(Family::kDue, bytes, key.status());
        }
        return keys.size() < scan_entries_;
      });
  // A failed scan has found a part, which is as good as a shorter scan.
  due_queue_.EndScan(scan, keys, status.ok() && keys.size() < scan_entries_);
  return status;
}

DueClaimer::FreshMap DueClaimer::FindFresh(const std::vector<Claim>& claims) const {
  FreshMap fresh;
  for (const Claim& claim : claims) {
    if (fresh.contains(claim.email_id)) continue;
    if (std::shared_ptr<const Email> email = fresh_.Find(claim.email_id)) {
      fresh.emplace(claim.email_id, std::move(email));
    }
  }
  return fresh;
}

void DueClaimer::ReadRecords(const std::vector<Claim>& claims, const FreshMap& fresh,
                             Round& round) {
  std::vector<std::string> ids;
  for (const Claim& claim : claims) {
    const auto [record, is_new] =
        round.records.try_emplace(claim.email_id, absl::InternalError("not read"));
    if (!is_new) continue;
    if (const auto found = fresh.find(claim.email_id); found != fresh.end()) {
      record->second = std::shared_ptr<const EmailRecord>(found->second, &found->second->record);
    } else {
      ids.push_back(claim.email_id);
    }
  }
  if (ids.empty()) return;
  const std::vector<absl::StatusOr<std::string>> values = database_.MultiGet(Family::kEmails, ids);
  for (size_t i = 0; i < ids.size(); ++i) {
    absl::StatusOr<EmailRecord> record =
        values[i].ok() ? DecodeEmailRecord(ids[i], *values[i]) : values[i].status();
    RecordOr& result = round.records.at(ids[i]);
    if (record.ok()) {
      result = std::make_shared<const EmailRecord>(*std::move(record));
    } else {
      result = record.status();
    }
  }
}

std::vector<absl::StatusOr<Recipient>> DueClaimer::ReadRecipients(const std::vector<Claim>& claims,
                                                                  const FreshMap& fresh) const {
  std::vector<absl::StatusOr<Recipient>> recipients(claims.size(), absl::InternalError("not read"));
  std::vector<std::string> keys;
  std::vector<size_t> places;
  for (size_t i = 0; i < claims.size(); ++i) {
    if (const auto found = fresh.find(claims[i].email_id); found != fresh.end()) {
      recipients[i] = found->second->recipients[claims[i].recipient_index];
    } else {
      keys.push_back(RecipientKey(claims[i].email_id, claims[i].recipient_index));
      places.push_back(i);
    }
  }
  if (keys.empty()) return recipients;
  const auto values = database_.MultiGet(Family::kRecipients, keys);
  for (size_t i = 0; i < keys.size(); ++i) {
    recipients[places[i]] = values[i].ok() ? DecodeRecipient(*values[i])
                                           : absl::StatusOr<Recipient>(values[i].status());
  }
  return recipients;
}

absl::Status DueClaimer::Check(const std::vector<Claim>& claims, Round& round) {
  const FreshMap fresh = FindFresh(claims);
  ReadRecords(claims, fresh, round);
  std::vector<absl::StatusOr<Recipient>> recipients = ReadRecipients(claims, fresh);
  for (size_t i = 0; i < claims.size(); ++i) {
    RETURN_IF_ERROR(CheckOne(claims[i], std::move(recipients[i]), round));
  }
  return absl::OkStatus();
}

absl::Status DueClaimer::CheckOne(const Claim& claim, absl::StatusOr<Recipient> recipient,
                                  Round& round) {
  const RecordOr& record = round.records.at(claim.email_id);
  damage_.Report(Family::kEmails, claim.email_id, record.status());
  damage_.Report(Family::kRecipients, RecipientKey(claim.email_id, claim.recipient_index),
                 recipient.status());
  for (const absl::Status& status : {record.status(), recipient.status()}) {
    if (status.ok()) continue;
    if (absl::IsNotFound(status)) {
      EndStale(claim);
      return absl::OkStatus();
    }
    return absl::IsDataLoss(status) ? absl::OkStatus() : status;
  }
  if (IsFinal(recipient->state) ||
      ToNanos(recipient->next_attempt_time) != ToNanos(claim.due_time)) {
    EndStale(claim);
    return absl::OkStatus();
  }
  due_queue_.Attach(claim, *record);
  if (cancelled_.TimeOf(claim.email_id).has_value()) {
    round.cancelled.push_back(claim);
    return absl::OkStatus();
  }
  const auto [place, is_new] = round.places.try_emplace(claim.email_id, round.work.emails.size());
  if (is_new) round.work.emails.push_back({*record, {}});
  round.work.emails[place->second].recipients.push_back({claim, *std::move(recipient)});
  ++round.good;
  return absl::OkStatus();
}

void DueClaimer::EndStale(const Claim& claim) {
  due_queue_.End({claim});
  hooks_.drop_stale(PlaceOf(claim));
  if (cancelled_.TimeOf(claim.email_id).has_value()) hooks_.cancel_again(claim.email_id);
}

}  // namespace mailstrom::storage
