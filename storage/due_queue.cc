#include "storage/due_queue.h"

#include <iterator>
#include <utility>

#include "storage/record_codec.h"

namespace mailstrom::storage {

DueQueue::DueQueue(size_t max_known, uint64_t first_fence)
    : max_known_(max_known), claims_(first_fence) {}

bool DueQueue::Knows(const DueKey& key) const {
  return complete_ || (known_through_.has_value() && key <= *known_through_);
}

void DueQueue::AddLocked(const DueKey& key) {
  if (Knows(key)) {
    known_.insert(key);
    Trim();
  } else if (scanning_) {
    added_during_scan_.push_back(key);
  }
}

void DueQueue::Trim() {
  while (known_.size() > max_known_) {
    known_.erase(std::prev(known_.end()));
    // What lies behind the last one kept is left to a later scan.
    known_through_ = *known_.rbegin();
    complete_ = false;
  }
}

void DueQueue::Add(const std::vector<DueKey>& keys) {
  absl::MutexLock lock(&mutex_);
  for (const DueKey& key : keys) AddLocked(key);
}

std::vector<Claim> DueQueue::Take(int64_t now_nanos, int max) {
  std::vector<Claim> taken;
  absl::MutexLock lock(&mutex_);
  while (static_cast<int>(taken.size()) < max && !known_.empty() &&
         known_.begin()->due_nanos <= now_nanos) {
    const DueKey key = *known_.begin();
    known_.erase(known_.begin());
    // A claimed recipient has one place; another one of it is out of date.
    std::optional<Claim> claim =
        claims_.Take(key.email_id, key.recipient_index, FromNanos(key.due_nanos));
    if (claim.has_value()) taken.push_back(*std::move(claim));
  }
  return taken;
}

std::optional<absl::Time> DueQueue::NextDue() const {
  absl::MutexLock lock(&mutex_);
  if (!known_.empty()) return FromNanos(known_.begin()->due_nanos);
  if (complete_) return absl::InfiniteFuture();
  return std::nullopt;
}

DueQueue::Scan DueQueue::BeginScan() {
  absl::MutexLock lock(&mutex_);
  scanning_ = true;
  return Scan{known_through_};
}

void DueQueue::EndScan(const Scan& scan, const std::vector<DueKey>& keys, bool complete) {
  absl::MutexLock lock(&mutex_);
  scanning_ = false;
  const std::vector<DueKey> added = std::exchange(added_during_scan_, {});
  // Trimmed meanwhile: the scan began behind what is known now.
  if (complete_ || known_through_ != scan.after) return;
  complete_ = complete;
  if (!keys.empty()) known_through_ = keys.back();
  for (const DueKey& key : keys) {
    if (!claims_.IsClaimed(key.email_id, key.recipient_index)) AddLocked(key);
  }
  for (const DueKey& key : added) {
    if (!claims_.IsClaimed(key.email_id, key.recipient_index)) AddLocked(key);
  }
}

bool DueQueue::Holds(const Claim& claim) const {
  absl::MutexLock lock(&mutex_);
  return claims_.Holds(claim);
}

void DueQueue::Attach(const Claim& claim, std::shared_ptr<const EmailRecord> record) {
  absl::MutexLock lock(&mutex_);
  claims_.Attach(claim, std::move(record));
}

std::optional<HeldClaim> DueQueue::Find(const Claim& claim) const {
  absl::MutexLock lock(&mutex_);
  return claims_.Find(claim);
}

std::optional<Claim> DueQueue::TakeOne(const std::string& email_id, int recipient_index,
                                       int64_t due_nanos) {
  absl::MutexLock lock(&mutex_);
  known_.erase({due_nanos, email_id, recipient_index});
  return claims_.Take(email_id, recipient_index, FromNanos(due_nanos));
}

void DueQueue::End(const std::vector<Claim>& claims) {
  absl::MutexLock lock(&mutex_);
  for (const Claim& claim : claims) claims_.End(claim);
}

void DueQueue::Requeue(const Claim& claim, int64_t due_nanos) {
  absl::MutexLock lock(&mutex_);
  claims_.End(claim);
  AddLocked({due_nanos, claim.email_id, claim.recipient_index});
}

void DueQueue::Override(const std::string& email_id, int recipient_index,
                        std::optional<int64_t> due_nanos) {
  absl::MutexLock lock(&mutex_);
  claims_.EndAny(email_id, recipient_index);
  if (due_nanos.has_value()) AddLocked({*due_nanos, email_id, recipient_index});
}

}  // namespace mailstrom::storage
