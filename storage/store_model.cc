#include "storage/store_model.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {

Recipient& StoreModel::RecipientOf(const RecipientId& id) {
  return emails_.at(id.first).email.recipients.at(id.second);
}

std::string StoreModel::Accept(const AcceptRequest& request,
                               const absl::StatusOr<Accepted>& answer) {
  Email email = request.email;
  const std::string id = email.record.email_id;
  if (request.key.has_value()) {
    Key& key = keys_[{request.key->caller, request.key->request_id}];
    if (!key.email_id.empty() && key.expire_time > email.record.accept_time) {
      if (key.digest != request.key->digest) {
        return IsRequestKeyReused(answer.status()) ? "" : "the key is another request's";
      }
      if (!answer.ok() || !answer->replayed) return "the key was known";
      return ToText(answer->email) == ToText(emails_.at(key.email_id).email) ? ""
                                                                             : "another replay";
    }
    if (!emails_.contains(id)) key = {request.key->digest, id, request.key->expire_time};
  }
  if (emails_.contains(id)) {
    return absl::IsAlreadyExists(answer.status()) && !IsRequestKeyReused(answer.status())
               ? ""
               : "the id was taken";
  }
  email.record.recipient_count = static_cast<int>(email.recipients.size());
  email.record.size_bytes = static_cast<int64_t>(request.content.size());
  for (size_t i = 0; i < email.recipients.size(); ++i) {
    Recipient& recipient = email.recipients[i];
    recipient.revision = static_cast<int64_t>(events_.size()) + 1;
    events_.push_back({recipient.revision, id, email.record.tags, static_cast<int>(i), recipient,
                       false, email.record.accept_time, email.record.tenant,
                       email.record.traceparent});
  }
  const ModelEmail& stored = emails_[id] = {std::move(email), request.content, std::nullopt, {}};
  if (!answer.ok()) return answer.status().ToString();
  if (answer->replayed) return "nothing could be replayed";
  return ToText(answer->email) == ToText(stored.email) ? "" : "another email was accepted";
}

void StoreModel::Advance(const RecipientId& id, Recipient after, absl::Time event_time) {
  ModelEmail& stored = emails_.at(id.first);
  if (stored.cancel_time.has_value() && after.state == RecipientState::kDeferred) {
    after.state = RecipientState::kFailed;
    after.failure_cause = FailureCause::kCancelled;
  }
  Recipient& recipient = RecipientOf(id);
  recipient = std::move(after);
  recipient.held = false;
  recipient.revision = static_cast<int64_t>(events_.size()) + 1;
  claims_.erase(id);
  events_.push_back({recipient.revision, id.first, stored.email.record.tags, id.second, recipient,
                     stored.email.settled(), event_time, stored.email.record.tenant,
                     stored.email.record.traceparent});
}

void StoreModel::Record(const std::vector<Outcome>& outcomes) {
  std::map<std::string, std::vector<Dialogue>> added;
  for (const Outcome& outcome : outcomes) {
    const RecipientId id(outcome.claim.email_id, outcome.claim.recipient_index);
    Advance(id, outcome.after, outcome.event_time);
    if (outcome.dialogue == nullptr) continue;
    std::vector<Dialogue>& of_email = added[id.first];
    auto shared = std::find_if(of_email.begin(), of_email.end(), [&](const Dialogue& dialogue) {
      return dialogue.bytes == outcome.dialogue;
    });
    if (shared == of_email.end()) {
      shared = of_email.insert(
          shared, {static_cast<int64_t>(events_.size()), {}, outcome.event_time, outcome.dialogue});
    }
    shared->recipient_indexes.push_back(id.second);
  }
  for (auto& [email_id, dialogues] : added) {
    std::vector<Dialogue>& kept = emails_.at(email_id).dialogues;
    kept.insert(kept.end(), dialogues.begin(), dialogues.end());
    while (kept.size() > kDialoguesPerEmail) kept.erase(kept.begin());
  }
}

void StoreModel::Release(const storage::Claim& claim, absl::Time due_time, bool hold) {
  const RecipientId id(claim.email_id, claim.recipient_index);
  Recipient& recipient = RecipientOf(id);
  if (const auto& cancelled = emails_.at(id.first).cancel_time; cancelled.has_value()) {
    Recipient after = recipient;
    after.state = RecipientState::kDeferred;
    return Advance(id, after, *cancelled);
  }
  if (due_time > recipient.next_attempt_time) {
    recipient.next_attempt_time = due_time;
    recipient.held = hold;
  }
  claims_.erase(id);
}

ChangedCounts StoreModel::ChangeQueued(const std::vector<storage::RecipientId>& recipients,
                                       QueueChange change, absl::Time now) {
  ChangedCounts counts;
  for (const auto& [email_id, index] : recipients) {
    if (!emails_.contains(email_id)) continue;
    Recipient& recipient = RecipientOf({email_id, index});
    if (IsFinal(recipient.state)) continue;
    if (change == QueueChange::kMakeDue && recipient.next_attempt_time <= now) continue;
    if (claims_.contains({email_id, index})) {
      ++counts.claimed;
      continue;
    }
    ++counts.changed;
    if (change == QueueChange::kMakeDue) {
      recipient.next_attempt_time = now;
      recipient.held = false;
      continue;
    }
    Recipient after = recipient;
    after.state = RecipientState::kFailed;
    after.failure_cause = FailureCause::kCancelled;
    Advance({email_id, index}, after, now);
  }
  return counts;
}

std::vector<QueuedRecipient> StoreModel::Queue() const {
  std::vector<QueuedRecipient> queue;
  for (const auto& [email_id, stored] : emails_) {
    const auto record = std::make_shared<const EmailRecord>(stored.email.record);
    for (size_t i = 0; i < stored.email.recipients.size(); ++i) {
      const Recipient& recipient = stored.email.recipients[i];
      if (!IsFinal(recipient.state)) queue.push_back({record, static_cast<int>(i), recipient});
    }
  }
  std::sort(queue.begin(), queue.end(), [](const QueuedRecipient& a, const QueuedRecipient& b) {
    return std::tie(a.recipient.next_attempt_time, a.record->email_id, a.recipient_index) <
           std::tie(b.recipient.next_attempt_time, b.record->email_id, b.recipient_index);
  });
  return queue;
}

const Email& StoreModel::Cancel(const std::string& email_id, absl::Time now) {
  ModelEmail& stored = emails_.at(email_id);
  if (!stored.cancel_time.has_value()) stored.cancel_time = now;
  for (int i = 0; i < stored.email.record.recipient_count; ++i) {
    Recipient after = stored.email.recipients[i];
    if (IsFinal(after.state) || claims_.contains({email_id, i})) continue;
    after.state = RecipientState::kDeferred;
    Advance({email_id, i}, after, now);
  }
  return stored.email;
}

std::string StoreModel::GiveUp(const Event& event) {
  const RecipientId id(event.email_id, event.recipient_index);
  const ModelEmail& stored = emails_.at(id.first);
  Recipient after = RecipientOf(id);
  if (!stored.cancel_time.has_value() || IsFinal(after.state) || claims_.contains(id)) {
    return absl::StrCat("given up: ", id.first, "/", id.second);
  }
  after.state = RecipientState::kDeferred;
  Advance(id, after, *stored.cancel_time);
  return ToText(event) == ToText(events_.back()) ? "" : "given up in another way";
}

QueueTotals StoreModel::Totals() const {
  QueueTotals totals;
  for (const auto& [email_id, stored] : emails_) {
    if (stored.email.settled()) continue;
    ++totals.emails;
    totals.bytes += static_cast<int64_t>(stored.content.size());
    for (const Recipient& recipient : stored.email.recipients) {
      if (!IsFinal(recipient.state)) ++totals.recipients;
    }
  }
  return totals;
}

std::multiset<absl::Time> StoreModel::Waiting(bool with_cancelled) const {
  std::multiset<absl::Time> waiting;
  for (const auto& [email_id, stored] : emails_) {
    if (stored.cancel_time.has_value() && !with_cancelled) continue;
    for (size_t i = 0; i < stored.email.recipients.size(); ++i) {
      const Recipient& recipient = stored.email.recipients[i];
      if (IsFinal(recipient.state) || claims_.contains({email_id, static_cast<int>(i)})) continue;
      waiting.insert(recipient.next_attempt_time);
    }
  }
  return waiting;
}

std::string StoreModel::TakeOver(absl::Time now, const ClaimedRecipient& claimed) {
  const RecipientId id(claimed.claim.email_id, claimed.claim.recipient_index);
  const Recipient& recipient = RecipientOf(id);
  const std::string name = absl::StrCat(id.first, "/", id.second);
  if (!claims_.emplace(id, claimed).second) return absl::StrCat(name, " was claimed already");
  if (IsFinal(recipient.state)) return absl::StrCat(name, " is settled");
  if (emails_.at(id.first).cancel_time.has_value()) return absl::StrCat(name, " is cancelled");
  if (recipient.next_attempt_time > now) return absl::StrCat(name, " is not due");
  if (claimed.claim.due_time != recipient.next_attempt_time) {
    return absl::StrCat(name, " has another due time");
  }
  if (ToText(claimed.recipient) != ToText(recipient)) {
    return absl::StrCat("got ", ToText(claimed.recipient), "\nwant ", ToText(recipient));
  }
  return "";
}

std::string StoreModel::Claim(absl::Time now, int max_recipients, const DueWork& work) {
  const std::multiset<absl::Time> before = Waiting(/*with_cancelled=*/false);
  const int due = static_cast<int>(std::distance(before.begin(), before.upper_bound(now)));
  std::vector<absl::Time> times;
  std::set<std::string> ids;
  for (const ClaimedEmail& email : work.emails) {
    if (!ids.insert(email.record->email_id).second) return "an email came twice";
    if (ToText(*email.record) != ToText(emails_.at(email.record->email_id).email.record)) {
      return absl::StrCat("another record: ", ToText(*email.record));
    }
    for (const ClaimedRecipient& claimed : email.recipients) {
      if (std::string problem = TakeOver(now, claimed); !problem.empty()) return problem;
      times.push_back(claimed.claim.due_time);
    }
  }
  const int want = std::min(due, max_recipients);
  if (static_cast<int>(times.size()) != want) {
    return absl::StrCat("claimed ", times.size(), " and not ", want);
  }
  std::sort(times.begin(), times.end());
  if (!std::equal(times.begin(), times.end(), before.begin())) return "not the earliest";
  const std::multiset<absl::Time> left = Waiting(/*with_cancelled=*/true);
  const absl::Time next_due = left.empty() ? absl::InfiniteFuture() : *left.begin();
  if (work.next_due != next_due) {
    return absl::StrCat("next due ", absl::FormatTime(work.next_due), " and not ",
                        absl::FormatTime(next_due));
  }
  return "";
}

}  // namespace mailstrom::storage
