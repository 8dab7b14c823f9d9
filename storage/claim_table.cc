#include "storage/claim_table.h"

namespace mailstrom::storage {

std::optional<Claim> ClaimTable::Take(const std::string& email_id, int recipient_index,
                                      absl::Time due_time) {
  auto [entry, is_new] = entries_.try_emplace(Key(email_id, recipient_index));
  if (!is_new) return std::nullopt;
  entry->second = Entry{next_fence_++, due_time, nullptr};
  return Claim{email_id, recipient_index, due_time, entry->second.fence};
}

void ClaimTable::Attach(const Claim& claim, std::shared_ptr<const EmailRecord> record) {
  auto entry = entries_.find(Key(claim.email_id, claim.recipient_index));
  if (entry == entries_.end() || entry->second.fence != claim.fence) return;
  entry->second.record = std::move(record);
}

bool ClaimTable::IsClaimed(const std::string& email_id, int recipient_index) const {
  return entries_.contains(Key(email_id, recipient_index));
}

const ClaimTable::Entry* ClaimTable::Find(const Claim& claim) const {
  auto entry = entries_.find(Key(claim.email_id, claim.recipient_index));
  if (entry == entries_.end() || entry->second.fence != claim.fence) return nullptr;
  return &entry->second;
}

bool ClaimTable::Holds(const Claim& claim) const { return Find(claim) != nullptr; }

std::shared_ptr<const EmailRecord> ClaimTable::RecordOf(const Claim& claim) const {
  const Entry* entry = Find(claim);
  return entry == nullptr ? nullptr : entry->record;
}

absl::Time ClaimTable::DueTimeOf(const Claim& claim) const {
  const Entry* entry = Find(claim);
  return entry == nullptr ? absl::InfinitePast() : entry->due_time;
}

void ClaimTable::End(const Claim& claim) {
  if (Holds(claim)) entries_.erase(Key(claim.email_id, claim.recipient_index));
}

void ClaimTable::EndAny(const std::string& email_id, int recipient_index) {
  entries_.erase(Key(email_id, recipient_index));
}

}  // namespace mailstrom::storage
