#include "storage/memory_store.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "storage/claim_table.h"
#include "storage/list_query.h"
#include "storage/listener_list.h"
#include "storage/memory_queue.h"
#include "storage/order_list.h"
#include "storage/ordered_bytes.h"
#include "storage/request_key_table.h"
#include "storage/transition.h"
#include "storage/worker_pool.h"

namespace mailstrom::storage {
namespace {

// Emails looked at for one page of a list.
constexpr int kMaxVisited = 10000;

// Every call runs on one thread, so its state needs no lock.
class MemoryStore final : public Store {
 public:
  MemoryStore(const StoreLimits& limits, RandomSource& random);

  void Accept(AcceptRequest request, Done<Accepted> done) override;
  void ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) override;
  void RecordOutcomes(std::vector<Outcome> outcomes,
                      absl::AnyInvocable<void(absl::Status)> done) override;
  void Release(std::vector<Claim> claims, absl::Time due_time,
               absl::AnyInvocable<void(absl::Status)> done) override;
  void Hold(std::vector<Claim> claims, absl::Time due_time,
            absl::AnyInvocable<void(absl::Status)> done) override;
  void Cancel(std::string email_id, absl::Time now, Done<Email> done) override;
  void ReadEmail(std::string email_id, Done<Email> done) override;
  void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) override;
  void ReadEvents(int64_t after, int max_events, Done<EventBatch> done) override;
  void ListEmails(ListQuery query, Done<ListPage> done) override;
  void ReadDialogues(std::string email_id, Done<std::vector<Dialogue>> done) override;
  void ListQueue(QueueQuery query, Done<QueuePage> done) override;
  void SummarizeQueue(int max_domains, Done<QueueSummary> done) override;
  void ChangeQueued(std::vector<RecipientId> recipients, QueueChange change, absl::Time now,
                    Done<ChangedCounts> done) override;
  void PutOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) override;
  void DropOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) override;
  void ListOrders(Done<std::vector<StandingOrder>> done) override;
  void ListDamaged(int max_records, Done<DamagedRecords> done) override;

  QueueTotals Totals() const override;
  absl::Status Health() const override { return absl::OkStatus(); }
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
    // When it was cancelled.
    std::optional<absl::Time> cancel_time;
    // Newest last.
    std::deque<Dialogue> dialogues;
  };

  absl::StatusOr<Accepted> AcceptNow(AcceptRequest request);
  DueWork ClaimDueNow(absl::Time now, int max_recipients);
  absl::Status RecordOutcomesNow(std::vector<Outcome> outcomes);
  void GiveBack(std::vector<Claim> claims, absl::Time due_time, bool hold,
                absl::AnyInvocable<void(absl::Status)> done);
  void ReleaseNow(const std::vector<Claim>& claims, absl::Time due_time, bool hold);
  ChangedCounts ChangeQueuedNow(const std::vector<RecipientId>& recipients, QueueChange change,
                                absl::Time now);
  // Changes when a recipient is due.
  void Postpone(const std::string& email_id, int index, absl::Time due_time, bool held);
  absl::StatusOr<Email> CancelNow(const std::string& email_id, absl::Time now);
  absl::StatusOr<Email> ReadEmailNow(const std::string& email_id) const;
  absl::StatusOr<std::shared_ptr<const std::string>> ReadContentNow(
      const std::string& email_id) const;
  absl::StatusOr<EventBatch> ReadEventsNow(int64_t after, int max_events) const;
  absl::StatusOr<ListPage> ListEmailsNow(const ListQuery& query) const;

  // The email that an earlier call with this key made. Nothing: there was none.
  absl::StatusOr<std::optional<Accepted>> FindReplay(const RequestKey& key, absl::Time now) const;
  MemoryQueue::Entry Find(const QueuePlace& place) const;
  void AppendEvent(Event event);
  // Puts down the next state of a recipient that nobody has claimed any more.
  void Advance(const std::string& email_id, int index, Recipient after, absl::Time event_time);
  void Count(const EmailRecord& record, int emails, int recipients);

  const StoreLimits limits_;
  const std::string log_id_;
  ListenerList listeners_;
  std::atomic<int64_t> last_sequence_ = 0;

  absl::flat_hash_map<std::string, StoredEmail> emails_;
  // All emails, in the order of lists.
  std::set<ListPlace> places_;
  RequestKeyTable keys_;
  MemoryQueue queue_;
  OrderList orders_;
  ClaimTable claims_;
  // The event with sequence number n is at n - 1.
  std::vector<std::shared_ptr<const Event>> events_;

  // Queued, of tenants that have any.
  absl::flat_hash_map<std::string, int64_t> tenant_recipients_;

  mutable absl::Mutex totals_mutex_;
  QueueTotals totals_ ABSL_GUARDED_BY(totals_mutex_);

  // Last, so that it ends before what it works on.
  WorkerPool worker_;
};

MemoryStore::MemoryStore(const StoreLimits& limits, RandomSource& random)
    : limits_(limits),
      log_id_(absl::StrCat(absl::Hex(random.Next(), absl::kZeroPad16))),
      claims_(random.Next()),
      worker_(1) {}

void MemoryStore::Accept(AcceptRequest request, Done<Accepted> done) {
  auto accept = [this, request = std::move(request), done = std::move(done)]() mutable {
    const absl::Time due = EarliestDue(request.email.recipients);
    const int64_t last = last_sequence_;
    done(AcceptNow(std::move(request)));
    if (last_sequence_ == last) return;
    listeners_.NotifyDue(due);
    listeners_.NotifyEvents(last_sequence_);
  };
  worker_.Post(std::move(accept), Lane::kAcceptance);
}

absl::StatusOr<Accepted> MemoryStore::AcceptNow(AcceptRequest request) {
  Email& email = request.email;
  RETURN_IF_ERROR(CheckNewEmail(email));
  const std::string id = email.record.email_id;
  const absl::Time now = email.record.accept_time;
  if (request.key.has_value()) {
    ASSIGN_OR_RETURN(std::optional<Accepted> replay, FindReplay(*request.key, now));
    if (replay.has_value()) return *std::move(replay);
  }
  if (emails_.contains(id)) return absl::AlreadyExistsError(absl::StrCat("email ", id, " exists"));
  const int64_t size_bytes = static_cast<int64_t>(request.content.size());
  RETURN_IF_ERROR(CheckLimits(limits_, Totals(), size_bytes));
  const auto queued = tenant_recipients_.find(email.record.tenant);
  RETURN_IF_ERROR(CheckShare(request.max_tenant_recipients,
                             queued == tenant_recipients_.end() ? 0 : queued->second,
                             email.recipients.size()));

  email.record.recipient_count = static_cast<int>(email.recipients.size());
  email.record.size_bytes = size_bytes;
  StoredEmail& stored = emails_[id];
  stored.record = std::make_shared<const EmailRecord>(std::move(email.record));
  stored.recipients = std::move(email.recipients);
  stored.unsettled = stored.record->recipient_count;
  stored.content = std::make_shared<const std::string>(std::move(request.content));
  places_.insert({ToNanos(now), id});
  if (request.key.has_value()) keys_.Put(*std::move(request.key), id, now);
  Count(*stored.record, 1, stored.unsettled);
  for (int i = 0; i < stored.record->recipient_count; ++i) {
    Recipient& recipient = stored.recipients[i];
    recipient.revision = last_sequence_ + 1;
    queue_.Add({recipient.next_attempt_time, id, i});
    AppendEvent(MakeEvent(*stored.record, i, recipient, false, now));
  }
  return Accepted{{*stored.record, stored.recipients}, false};
}

absl::StatusOr<std::optional<Accepted>> MemoryStore::FindReplay(const RequestKey& key,
                                                                absl::Time now) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> id, keys_.Find(key, now));
  if (!id.has_value()) return std::nullopt;
  const StoredEmail& stored = emails_.at(*id);
  return Accepted{{*stored.record, stored.recipients}, true};
}

void MemoryStore::Count(const EmailRecord& record, int emails, int recipients) {
  int64_t& of_tenant = tenant_recipients_[record.tenant];
  of_tenant += recipients;
  if (of_tenant == 0) tenant_recipients_.erase(record.tenant);
  absl::MutexLock lock(&totals_mutex_);
  totals_.emails += emails;
  totals_.bytes += emails * record.size_bytes;
  totals_.recipients += recipients;
}

QueueTotals MemoryStore::Totals() const {
  absl::MutexLock lock(&totals_mutex_);
  return totals_;
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
  for (int i = 0; i < max_recipients; ++i) {
    const std::optional<QueuePlace> due = queue_.Claim(now);
    if (!due.has_value()) break;
    const std::string& id = due->email_id;
    const int index = due->recipient_index;
    const StoredEmail& stored = emails_[id];
    const std::optional<Claim> claim = claims_.Take(id, index, due->due_time);
    auto [place, is_new] = places.try_emplace(id, work.emails.size());
    if (is_new) work.emails.push_back({stored.record, {}});
    work.emails[place->second].recipients.push_back({*claim, stored.recipients[index]});
  }
  work.next_due = queue_.NextDue();
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
  for (auto& [email_id, dialogue] : DialoguesOf(outcomes, last_sequence_ + 1)) {
    std::deque<Dialogue>& kept = emails_[email_id].dialogues;
    kept.push_back(std::move(dialogue));
    if (kept.size() > kDialoguesPerEmail) kept.pop_front();
  }
  for (Outcome& outcome : outcomes) {
    const Claim& claim = outcome.claim;
    const bool cancelled = emails_[claim.email_id].cancel_time.has_value();
    claims_.End(claim);
    Advance(claim.email_id, claim.recipient_index,
            UnlessCancelled(std::move(outcome.after), cancelled), outcome.event_time);
  }
  return absl::OkStatus();
}

void MemoryStore::Advance(const std::string& email_id, int index, Recipient after,
                          absl::Time event_time) {
  StoredEmail& stored = emails_[email_id];
  Recipient& recipient = stored.recipients[index];
  queue_.Remove({recipient.next_attempt_time, email_id, index});
  recipient = std::move(after);
  recipient.held = false;
  recipient.revision = last_sequence_ + 1;
  if (!IsFinal(recipient.state)) {
    queue_.Add({recipient.next_attempt_time, email_id, index});
  } else {
    if (--stored.unsettled == 0) stored.content = nullptr;
    Count(*stored.record, stored.unsettled == 0 ? -1 : 0, -1);
  }
  AppendEvent(MakeEvent(*stored.record, index, recipient, stored.unsettled == 0, event_time));
}

void MemoryStore::Release(std::vector<Claim> claims, absl::Time due_time,
                          absl::AnyInvocable<void(absl::Status)> done) {
  GiveBack(std::move(claims), due_time, /*hold=*/false, std::move(done));
}

void MemoryStore::Hold(std::vector<Claim> claims, absl::Time due_time,
                       absl::AnyInvocable<void(absl::Status)> done) {
  GiveBack(std::move(claims), due_time, /*hold=*/true, std::move(done));
}

void MemoryStore::GiveBack(std::vector<Claim> claims, absl::Time due_time, bool hold,
                           absl::AnyInvocable<void(absl::Status)> done) {
  worker_.Post(
      [this, claims = std::move(claims), due_time, hold, done = std::move(done)]() mutable {
        const size_t held = claims_.size();
        const int64_t last = last_sequence_;
        ReleaseNow(claims, due_time, hold);
        done(absl::OkStatus());
        if (claims_.size() < held) listeners_.NotifyDue(due_time);
        if (last_sequence_ > last) listeners_.NotifyEvents(last_sequence_);
      });
}

void MemoryStore::ReleaseNow(const std::vector<Claim>& claims, absl::Time due_time, bool hold) {
  for (const Claim& claim : claims) {
    if (!claims_.Holds(claim)) continue;
    StoredEmail& stored = emails_[claim.email_id];
    Recipient& recipient = stored.recipients[claim.recipient_index];
    if (stored.cancel_time.has_value()) {
      claims_.End(claim);
      Advance(claim.email_id, claim.recipient_index, Cancelled(recipient), *stored.cancel_time);
      continue;
    }
    const absl::Time claimed_due = claims_.Find(claim)->due_time;
    claims_.End(claim);
    if (due_time > claimed_due) {
      Postpone(claim.email_id, claim.recipient_index, due_time, hold);
    } else {
      queue_.Unclaim({recipient.next_attempt_time, claim.email_id, claim.recipient_index});
    }
  }
}

void MemoryStore::Cancel(std::string email_id, absl::Time now, Done<Email> done) {
  worker_.Post([this, email_id = std::move(email_id), now, done = std::move(done)]() mutable {
    const int64_t last = last_sequence_;
    done(CancelNow(email_id, now));
    if (last_sequence_ > last) listeners_.NotifyEvents(last_sequence_);
  });
}

absl::StatusOr<Email> MemoryStore::CancelNow(const std::string& email_id, absl::Time now) {
  const auto found = emails_.find(email_id);
  if (found == emails_.end()) return ReadEmailNow(email_id);
  StoredEmail& stored = found->second;
  if (!stored.cancel_time.has_value()) stored.cancel_time = now;
  for (int i = 0; i < stored.record->recipient_count; ++i) {
    const Recipient& recipient = stored.recipients[i];
    if (IsFinal(recipient.state) || claims_.IsClaimed(email_id, i)) continue;
    Advance(email_id, i, Cancelled(recipient), now);
  }
  return ReadEmailNow(email_id);
}

void MemoryStore::Postpone(const std::string& email_id, int index, absl::Time due_time, bool held) {
  Recipient& recipient = emails_[email_id].recipients[index];
  queue_.Remove({recipient.next_attempt_time, email_id, index});
  recipient.next_attempt_time = due_time;
  recipient.held = held;
  queue_.Add({due_time, email_id, index});
}

MemoryQueue::Entry MemoryStore::Find(const QueuePlace& place) const {
  const StoredEmail& stored = emails_.at(place.email_id);
  return {stored.record, stored.recipients[place.recipient_index]};
}

void MemoryStore::ListQueue(QueueQuery query, Done<QueuePage> done) {
  worker_.Post([this, query = std::move(query), done = std::move(done)]() mutable {
    done(queue_.List(query, [this](const QueuePlace& place) { return Find(place); }));
  });
}

void MemoryStore::SummarizeQueue(int max_domains, Done<QueueSummary> done) {
  worker_.Post([this, max_domains, done = std::move(done)]() mutable {
    done(queue_.Summarize(max_domains, [this](const QueuePlace& place) { return Find(place); }));
  });
}

void MemoryStore::ChangeQueued(std::vector<RecipientId> recipients, QueueChange change,
                               absl::Time now, Done<ChangedCounts> done) {
  worker_.Post(
      [this, recipients = std::move(recipients), change, now, done = std::move(done)]() mutable {
        const int64_t last = last_sequence_;
        const ChangedCounts counts = ChangeQueuedNow(recipients, change, now);
        done(counts);
        if (change == QueueChange::kMakeDue && counts.changed > 0) listeners_.NotifyDue(now);
        if (last_sequence_ > last) listeners_.NotifyEvents(last_sequence_);
      });
}

ChangedCounts MemoryStore::ChangeQueuedNow(const std::vector<RecipientId>& recipients,
                                           QueueChange change, absl::Time now) {
  ChangedCounts counts;
  for (const auto& [id, index] : recipients) {
    const auto stored = emails_.find(id);
    if (stored == emails_.end() || index < 0 || index >= stored->second.record->recipient_count) {
      continue;
    }
    const Recipient& recipient = stored->second.recipients[index];
    if (IsFinal(recipient.state)) continue;
    if (change == QueueChange::kMakeDue && recipient.next_attempt_time <= now) continue;
    if (claims_.IsClaimed(id, index)) {
      ++counts.claimed;
      continue;
    }
    ++counts.changed;
    if (change == QueueChange::kMakeDue) {
      Postpone(id, index, now, /*held=*/false);
    } else {
      Advance(id, index, Cancelled(recipient), now);
    }
  }
  return counts;
}

void MemoryStore::PutOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) {
  worker_.Post([this, order = std::move(order), done = std::move(done)]() mutable {
    done(orders_.Put(std::move(order)));
  });
}

void MemoryStore::DropOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) {
  worker_.Post([this, order = std::move(order), done = std::move(done)]() mutable {
    orders_.Drop(order);
    done(absl::OkStatus());
  });
}

void MemoryStore::ListOrders(Done<std::vector<StandingOrder>> done) {
  worker_.Post([this, done = std::move(done)]() mutable { done(orders_.all()); });
}

void MemoryStore::ReadEmail(std::string email_id, Done<Email> done) {
  worker_.Post([this, email_id = std::move(email_id), done = std::move(done)]() mutable {
    done(ReadEmailNow(email_id));
  });
}

absl::StatusOr<Email> MemoryStore::ReadEmailNow(const std::string& email_id) const {
  const auto stored = emails_.find(email_id);
  if (stored == emails_.end()) return EmailUnknownError(email_id);
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

void MemoryStore::ListEmails(ListQuery query, Done<ListPage> done) {
  worker_.Post([this, query = std::move(query), done = std::move(done)]() mutable {
    done(ListEmailsNow(query));
  });
}

absl::StatusOr<ListPage> MemoryStore::ListEmailsNow(const ListQuery& query) const {
  if (query.page_size < 1) return absl::InvalidArgumentError("a page has at least one email");
  auto place = places_.end();
  if (!query.after.empty()) {
    ASSIGN_OR_RETURN(const ListPlace after, DecodeListPlace(query.after));
    place = places_.lower_bound(after);
  }
  ListPage page;
  for (int visited = 0; place != places_.begin(); ++visited) {
    if (visited == kMaxVisited || static_cast<int>(page.emails.size()) >= query.page_size) {
      page.next = EncodeListPlace(*place);
      break;
    }
    --place;
    const StoredEmail& stored = emails_.at(place->email_id);
    if (!MatchesRecord(query, *stored.record)) continue;
    Email email{*stored.record, stored.recipients};
    if (Matches(query, email)) page.emails.push_back(std::move(email));
  }
  return page;
}

void MemoryStore::ReadDialogues(std::string email_id, Done<std::vector<Dialogue>> done) {
  worker_.Post([this, email_id = std::move(email_id), done = std::move(done)]() mutable {
    const auto stored = emails_.find(email_id);
    std::vector<Dialogue> dialogues;
    if (stored != emails_.end()) {
      dialogues.assign(stored->second.dialogues.begin(), stored->second.dialogues.end());
    }
    done(std::move(dialogues));
  });
}

void MemoryStore::ListDamaged(int max_records, Done<DamagedRecords> done) {
  worker_.Post([done = std::move(done)]() mutable { done(DamagedRecords()); });
}

}  // namespace

std::unique_ptr<Store> NewMemoryStore(StoreLimits limits) {
  SystemRandomSource random;
  return std::make_unique<MemoryStore>(limits, random);
}

}  // namespace mailstrom::storage
