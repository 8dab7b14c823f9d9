#include "storage/claim_table.h"

namespace mailstrom::storage {

std::optional<Claim> ClaimTable::Take(const std::string& email_id, int recipient_index,
                                      absl::Time due_time) {
  auto [entry, is_new] = entries_.try_emplace(Key(email_id, recipient_index));
  if (!is_new) return std::nullopt;
  entry->second = Entry{next_fence_++, {due_time, nullptr}};
  return Claim{email_id, recipient_index, due_time, entry->second.fence};
}

void ClaimTable::Attach(const Claim& claim, std::shared_ptr<const EmailRecord> record) {
  const auto entry = entries_.find(KeyOf(claim));
  if (entry == entries_.end() || entry->second.fence != claim.fence) return;
  entry->second.claim.record = std::move(record);
}

bool ClaimTable::IsClaimed(const std::string& email_id, int recipient_index) const {
  return entries_.contains(KeyView(email_id, recipient_index));
}

ClaimTable::Entries::const_iterator ClaimTable::FindEntry(const Claim& claim) const {
  const auto entry = entries_.find(KeyOf(claim));
  return entry == entries_.end() || entry->second.fence != claim.fence ? entries_.end() : entry;
}

bool ClaimTable::Holds(const Claim& claim) const { return FindEntry(claim) != entries_.end(); }

std::optional<HeldClaim> ClaimTable::Find(const Claim& claim) const {
  const auto entry = FindEntry(claim);
  if (entry == entries_.end()) return std::nullopt;
  return entry->second.claim;
}

void ClaimTable::End(const Claim& claim) {
  const auto entry = FindEntry(claim);
  if (entry != entries_.end()) entries_.erase(entry);
}

void ClaimTable::EndAny(const std::string& email_id, int recipient_index) {
  const auto entry = entries_.find(KeyView(email_id, recipient_index));
  if (entry != entries_.end()) entries_.erase(entry);
}

}  // namespace mailstrom::storage
