#ifndef MAILSTROM_STORAGE_CLAIM_TABLE_H_
#define MAILSTROM_STORAGE_CLAIM_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// What a store knows of a claim.
struct HeldClaim {
  // Under which it was taken, whatever the claim itself says.
  absl::Time due_time;
  // As attached; null without one.
  std::shared_ptr<const EmailRecord> record;
};

// The claims of a store that is the only one on its queue: kept in memory, so they end with the
// process. Not thread-safe.
class ClaimTable {
 public:
  // `first_fence`: drawn at random, so that claims of an earlier process are not taken for claims
  // of this one.
  explicit ClaimTable(uint64_t first_fence) : next_fence_(first_fence) {}

  // Claims a recipient. Nothing when it is claimed already.
  std::optional<Claim> Take(const std::string& email_id, int recipient_index, absl::Time due_time);

  // Keeps the email's record with a claim that is held, for those who record its outcome.
  void Attach(const Claim& claim, std::shared_ptr<const EmailRecord> record);

  bool IsClaimed(const std::string& email_id, int recipient_index) const;

  // Whether `claim` is the recipient's present one.
  bool Holds(const Claim& claim) const;

  // What belongs to a claim that is held; nothing when it is not.
  std::optional<HeldClaim> Find(const Claim& claim) const;

  // Ends a claim. No effect when it is not held.
  void End(const Claim& claim);
  // Ends the recipient's claim, if any.
  void EndAny(const std::string& email_id, int recipient_index);

  size_t size() const { return entries_.size(); }

 private:
  using Key = std::pair<std::string, int>;
  // A key that is only looked for, and so need not own its text.
  using KeyView = std::pair<absl::string_view, int>;
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(const KeyView& key) const { return absl::HashOf(key.first, key.second); }
  };
  struct KeyEqual {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const { return a == b; }
  };
  struct Entry {
    uint64_t fence;
    HeldClaim claim;
  };
  using Entries = absl::flat_hash_map<Key, Entry, KeyHash, KeyEqual>;

  static KeyView KeyOf(const Claim& claim) { return {claim.email_id, claim.recipient_index}; }
  Entries::const_iterator FindEntry(const Claim& claim) const;

  Entries entries_;
  uint64_t next_fence_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_CLAIM_TABLE_H_
