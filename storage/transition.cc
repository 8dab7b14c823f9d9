#include "storage/transition.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::storage {

absl::Status CheckNewEmail(const Email& email) {
  const std::string& id = email.record.email_id;
  if (id.empty() || id.size() > kMaxEmailIdBytes ||
      !std::all_of(id.begin(), id.end(), absl::ascii_isgraph)) {
    return absl::InvalidArgumentError("an email_id is 1 to 64 visible ASCII characters");
  }
  if (email.recipients.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("email ", id, " has no recipient"));
  }
  for (const Recipient& recipient : email.recipients) {
    if (recipient.state != RecipientState::kQueued) {
      return absl::InvalidArgumentError(absl::StrCat("email ", id, ": a recipient is not queued"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOutcomes(const std::vector<Outcome>& outcomes) {
  std::set<std::pair<std::string, int>> seen;
  for (const Outcome& outcome : outcomes) {
    const std::string& id = outcome.claim.email_id;
    if (outcome.after.state == RecipientState::kQueued) {
      return absl::InvalidArgumentError(absl::StrCat("email ", id, ": kQueued is no outcome"));
    }
    if (!seen.emplace(id, outcome.claim.recipient_index).second) {
      return absl::InvalidArgumentError(absl::StrCat("email ", id, ": two outcomes of one claim"));
    }
  }
  return absl::OkStatus();
}

Recipient UnlessCancelled(Recipient after, bool cancelled) {
  if (cancelled && !IsFinal(after.state)) return Cancelled(std::move(after));
  return after;
}

Recipient Cancelled(Recipient recipient) {
  recipient.state = RecipientState::kFailed;
  recipient.failure_cause = FailureCause::kCancelled;
  recipient.held = false;
  return recipient;
}

absl::Status CheckLimits(const StoreLimits& limits, const QueueTotals& totals, int64_t bytes) {
  if (totals.emails >= limits.max_queued_emails) {
    return absl::ResourceExhaustedError(absl::StrCat("the queue has ", totals.emails, " emails"));
  }
  if (bytes > limits.max_queued_bytes - totals.bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the queue has ", totals.bytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckShare(int64_t limit, int64_t queued, size_t recipients) {
  if (queued <= limit && recipients <= static_cast<uint64_t>(limit - queued)) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat("max_queued_recipients of the tenant is ", limit,
                                                   ", and ", queued, " are queued"));
}

std::vector<std::pair<std::string, Dialogue>> DialoguesOf(const std::vector<Outcome>& outcomes,
                                                          int64_t first_sequence) {
  std::vector<std::pair<std::string, Dialogue>> dialogues;
  std::map<std::pair<std::string, const std::string*>, size_t> places;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    if (outcome.dialogue == nullptr || outcome.dialogue->size() > kMaxDialogueBytes) continue;
    const std::string& id = outcome.claim.email_id;
    const auto [place, is_new] = places.try_emplace({id, outcome.dialogue.get()}, dialogues.size());
    if (is_new) {
      dialogues.emplace_back(
          id,
          Dialogue{
              first_sequence + static_cast<int64_t>(i), {}, outcome.event_time, outcome.dialogue});
    }
    dialogues[place->second].second.recipient_indexes.push_back(outcome.claim.recipient_index);
  }
  return dialogues;
}

absl::Time EarliestDue(const std::vector<Recipient>& recipients) {
  absl::Time earliest = absl::InfiniteFuture();
  for (const Recipient& recipient : recipients) {
    earliest = std::min(earliest, recipient.next_attempt_time);
  }
  return earliest;
}

Event MakeEvent(const EmailRecord& record, int recipient_index, const Recipient& recipient,
                bool email_settled, absl::Time event_time) {
  Event event;
  event.sequence = recipient.revision;
  event.email_id = record.email_id;
  event.tags = record.tags;
  event.recipient_index = recipient_index;
  event.recipient = recipient;
  event.email_settled = email_settled;
  event.event_time = event_time;
  event.tenant = record.tenant;
  event.traceparent = record.traceparent;
  return event;
}

}  // namespace mailstrom::storage
