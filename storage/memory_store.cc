#include "storage/memory_store.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "storage/claim_table.h"
#include "storage/listener_list.h"
#include "storage/transition.h"
#include "storage/worker_pool.h"

namespace mailstrom::storage {
namespace {

// Every call runs on one thread, so its state needs no lock.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(RandomSource& random);

  void Accept(Email email, std::string content,
              absl::AnyInvocable<void(absl::Status)> done) override;
  void ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) override;
  void RecordOutcomes(std::vector<Outcome> outcomes,
                      absl::AnyInvocable<void(absl::Status)> done) override;
  void Release(std::vector<Claim> claims, absl::Time due_time,
               absl::AnyInvocable<void(absl::Status)> done) override;
  void ReadEmail(std::string email_id, Done<Email> done) override;
  void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) override;
  void ReadEvents(int64_t after, int max_events, Done<EventBatch> done) override;

  int64_t LastSequence() const override { return last_sequence_; }
  std::string LogId() const override { return log_id_; }
  void AddListener(StoreListener* listener) override { listeners_.Add(listener); }
  void RemoveListener(StoreListener* listener) override { listeners_.Remove(listener); }

 private:
  struct StoredEmail {
    std::shared_ptr<const EmailRecord> record;
    std::vector<Recipient> recipients;
    int unsettled = 0;
    // Null once settled.
    std::shared_ptr<const std::string> content;
  };
  // Unclaimed recipients that are not settled, in the order in which they are due.
  using DueKey = std::tuple<absl::Time, std::string, int>;

  absl::Status AcceptNow(Email email, std::string content);
  DueWork ClaimDueNow(absl::Time now, int max_recipients);
  absl::Status RecordOutcomesNow(std::vector<Outcome> outcomes);
  void ReleaseNow(const std::vector<Claim>& claims, absl::Time due_time);
  absl::StatusOr<Email> ReadEmailNow(const std::string& email_id) const;
  absl::StatusOr<std::shared_ptr<const std::string>> ReadContentNow(
      const std::string& email_id) const;
  absl::StatusOr<EventBatch> ReadEventsNow(int64_t after, int max_events) const;

  void AppendEvent(Event event);
  void RecordOutcome(Outcome outcome);

  const std::string log_id_;
  ListenerList listeners_;
  std::atomic<int64_t> last_sequence_ = 0;

  absl::flat_hash_map<std::string, StoredEmail> emails_;
  std::set<DueKey> due_;
  ClaimTable claims_;
  // The event with sequence number n is at n - 1.
  std::vector<std::shared_ptr<const Event>> events_;

  // Last, so that it ends before what it works on.
  WorkerPool worker_;
};

MemoryStore::MemoryStore(RandomSource& random)
    : log_id_(absl::StrCat(absl::Hex(random.Next(), absl::kZeroPad16))),
      claims_(random.Next()),
      worker_(1) {}

void MemoryStore::Accept(Email email, std::string content,
                         absl::AnyInvocable<void(absl::Status)> done) {
  worker_.Post([this, email = std::move(email), content = std::move(content),
                done = std::move(done)]() mutable {
    const absl::Time due = EarliestDue(email.recipients);
    const absl::Status status = AcceptNow(std::move(email), std::move(content));
    done(status);
    if (!status.ok()) return;
    listeners_.NotifyDue(due);
    listeners_.NotifyEvents(last_sequence_);
  });
}

absl::Status MemoryStore::AcceptNow(Email email, std::string content) {
  RETURN_IF_ERROR(CheckNewEmail(email));
  const std::string id = email.record.email_id;
  if (emails_.contains(id)) return absl::AlreadyExistsError(absl::StrCat("email ", id, " exists"));
  email.record.recipient_count = static_cast<int>(email.recipients.size());
  StoredEmail& stored = emails_[id];
  stored.record = std::make_shared<const EmailRecord>(std::move(email.record));
  stored.recipients = std::move(email.recipients);
  stored.unsettled = stored.record->recipient_count;
  stored.content = std::make_shared<const std::string>(std::move(content));
  for (int i = 0; i < stored.record->recipient_count; ++i) {
    Recipient& recipient = stored.recipients[i];
    recipient.revision = last_sequence_ + 1;
    due_.emplace(recipient.next_attempt_time, id, i);
    AppendEvent(MakeEvent(*stored.record, i, recipient, false, stored.record->accept_time));
  }
  return absl::OkStatus();
}

void MemoryStore::AppendEvent(Event event) {
  events_.push_back(std::make_shared<const Event>(std::move(event)));
  last_sequence_ = static_cast<int64_t>(events_.size());
}

void MemoryStore::ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) {
  worker_.Post([this, now, max_recipients, done = std::move(done)]() mutable {
    done(ClaimDueNow(now, max_recipients));
  });
}

DueWork MemoryStore::ClaimDueNow(absl::Time now, int max_recipients) {
  DueWork work;
  absl::flat_hash_map<std::string, size_t> places;
  for (int i = 0; i < max_recipients && !due_.empty(); ++i) {
    const auto [due_time, id, index] = *due_.begin();
    if (due_time > now) break;
    due_.erase(due_.begin());
    const StoredEmail& stored = emails_[id];
    const std::optional<Claim> claim = claims_.Take(id, index, due_time);
    auto [place, is_new] = places.try_emplace(id, work.emails.size());
    if (is_new) work.emails.push_back({stored.record, {}});
    work.emails[place->second].recipients.push_back({*claim, stored.recipients[index]});
  }
  if (!due_.empty()) work.next_due = std::get<absl::Time>(*due_.begin());
  return work;
}

void MemoryStore::RecordOutcomes(std::vector<Outcome> outcomes,
                                 absl::AnyInvocable<void(absl::Status)> done) {
  worker_.Post([this, outcomes = std::move(outcomes), done = std::move(done)]() mutable {
    absl::Time due = absl::InfiniteFuture();
    for (const Outcome& outcome : outcomes) {
      if (!IsFinal(outcome.after.state)) due = std::min(due, outcome.after.next_attempt_time);
    }
    const int64_t last = last_sequence_;
    const absl::Status status = RecordOutcomesNow(std::move(outcomes));
    done(status);
    if (last_sequence_ == last) return;
    if (due != absl::InfiniteFuture()) listeners_.NotifyDue(due);
    listeners_.NotifyEvents(last_sequence_);
  });
}

absl::Status MemoryStore::RecordOutcomesNow(std::vector<Outcome> outcomes) {
  RETURN_IF_ERROR(CheckOutcomes(outcomes));
  for (const Outcome& outcome : outcomes) {
    if (!claims_.Holds(outcome.claim)) {
      return absl::AbortedError(
          absl::StrCat("email ", outcome.claim.email_id, ": claim is no longer held"));
    }
  }
  for (Outcome& outcome : outcomes) RecordOutcome(std::move(outcome));
  return absl::OkStatus();
}

void MemoryStore::RecordOutcome(Outcome outcome) {
  const int index = outcome.claim.recipient_index;
  StoredEmail& stored = emails_[outcome.claim.email_id];
  Recipient& recipient = stored.recipients[index];
  recipient = std::move(outcome.after);
  recipient.revision = last_sequence_ + 1;
  claims_.End(outcome.claim);
  if (!IsFinal(recipient.state)) {
    due_.emplace(recipient.next_attempt_time, outcome.claim.email_id, index);
  } else if (--stored.unsettled == 0) {
    stored.content = nullptr;
  }
  AppendEvent(
      MakeEvent(*stored.record, index, recipient, stored.unsettled == 0, outcome.event_time));
}

void MemoryStore::Release(std::vector<Claim> claims, absl::Time due_time,
                          absl::AnyInvocable<void(absl::Status)> done) {
  worker_.Post([this, claims = std::move(claims), due_time, done = std::move(done)]() mutable {
    const size_t held = claims_.size();
    ReleaseNow(claims, due_time);
    done(absl::OkStatus());
    if (claims_.size() < held) listeners_.NotifyDue(due_time);
  });
}

void MemoryStore::ReleaseNow(const std::vector<Claim>& claims, absl::Time due_time) {
  for (const Claim& claim : claims) {
    if (!claims_.Holds(claim)) continue;
    Recipient& recipient = emails_[claim.email_id].recipients[claim.recipient_index];
    recipient.next_attempt_time = std::max(due_time, claims_.DueTimeOf(claim));
    due_.emplace(recipient.next_attempt_time, claim.email_id, claim.recipient_index);
    claims_.End(claim);
  }
}

void MemoryStore::ReadEmail(std::string email_id, Done<Email> done) {
  worker_.Post([this, email_id = std::move(email_id), done = std::move(done)]() mutable {
    done(ReadEmailNow(email_id));
  });
}

absl::StatusOr<Email> MemoryStore::ReadEmailNow(const std::string& email_id) const {
  const auto stored = emails_.find(email_id);
  if (stored == emails_.end()) {
    return absl::NotFoundError(absl::StrCat("email ", email_id, " is unknown"));
  }
  return Email{*stored->second.record, stored->second.recipients};
}

void MemoryStore::ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) {
  worker_.Post([this, email_id = std::move(email_id), done = std::move(done)]() mutable {
    done(ReadContentNow(email_id));
  });
}

absl::StatusOr<std::shared_ptr<const std::string>> MemoryStore::ReadContentNow(
    const std::string& email_id) const {
  const auto stored = emails_.find(email_id);
  if (stored == emails_.end() || stored->second.content == nullptr) {
    return absl::NotFoundError(absl::StrCat("email ", email_id, " has no content"));
  }
  return stored->second.content;
}

void MemoryStore::ReadEvents(int64_t after, int max_events, Done<EventBatch> done) {
  worker_.Post([this, after, max_events, done = std::move(done)]() mutable {
    done(ReadEventsNow(after, max_events));
  });
}

absl::StatusOr<EventBatch> MemoryStore::ReadEventsNow(int64_t after, int max_events) const {
  if (after < 0 || after > last_sequence_) {
    return absl::OutOfRangeError(absl::StrCat("no place ", after, " in the event log"));
  }
  const int64_t count = std::min<int64_t>(std::max(max_events, 1), last_sequence_ - after);
  EventBatch batch;
  batch.events.assign(events_.begin() + after, events_.begin() + after + count);
  batch.last_sequence = after + count;
  return batch;
}

}  // namespace

std::unique_ptr<Store> NewMemoryStore() {
  SystemRandomSource random;
  return std::make_unique<MemoryStore>(random);
}

}  // namespace mailstrom::storage
