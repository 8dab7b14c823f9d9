#include "storage/store_model.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {

Recipient& StoreModel::RecipientOf(const RecipientId& id) {
  return emails_.at(id.first).email.recipients.at(id.second);
}

void StoreModel::Accept(Email email, std::string content) {
  email.record.recipient_count = static_cast<int>(email.recipients.size());
  email.record.size_bytes = static_cast<int64_t>(content.size());
  for (size_t i = 0; i < email.recipients.size(); ++i) {
    Recipient& recipient = email.recipients[i];
    recipient.revision = static_cast<int64_t>(events_.size()) + 1;
    events_.push_back({recipient.revision, email.record.email_id, email.record.tags,
                       static_cast<int>(i), recipient, false, email.record.accept_time});
  }
  const std::string id = email.record.email_id;
  emails_[id] = {std::move(email), std::move(content)};
}

void StoreModel::Record(const Outcome& outcome) {
  const RecipientId id(outcome.claim.email_id, outcome.claim.recipient_index);
  Recipient& recipient = RecipientOf(id);
  recipient = outcome.after;
  recipient.revision = static_cast<int64_t>(events_.size()) + 1;
  claims_.erase(id);
  const Email& email = emails_.at(id.first).email;
  events_.push_back({recipient.revision, id.first, email.record.tags, id.second, recipient,
                     email.settled(), outcome.event_time});
}

void StoreModel::Release(const storage::Claim& claim, absl::Time due_time) {
  const RecipientId id(claim.email_id, claim.recipient_index);
  Recipient& recipient = RecipientOf(id);
  recipient.next_attempt_time = std::max(recipient.next_attempt_time, due_time);
  claims_.erase(id);
}

std::multiset<absl::Time> StoreModel::Waiting() const {
  std::multiset<absl::Time> waiting;
  for (const auto& [email_id, stored] : emails_) {
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
  const std::multiset<absl::Time> before = Waiting();
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
  const std::multiset<absl::Time> left = Waiting();
  const absl::Time next_due = left.empty() ? absl::InfiniteFuture() : *left.begin();
  if (work.next_due != next_due) {
    return absl::StrCat("next due ", absl::FormatTime(work.next_due), " and not ",
                        absl::FormatTime(next_due));
  }
  return "";
}

}  // namespace mailstrom::storage
