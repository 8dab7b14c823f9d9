#ifndef MAILSTROM_STORAGE_DUE_QUEUE_H_
#define MAILSTROM_STORAGE_DUE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/claim_table.h"
#include "storage/records.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace mailstrom::storage {

// The head of the due index in memory, and the claims. Knows every unclaimed place of the index up
// to some point; what lies beyond is found by a scan of the disk from there on, so the deletions
// that a queue leaves at its head are never read again. May know places that the disk no longer
// has: whoever takes one checks it against the recipient. Thread-safe; scans belong to one thread.
class DueQueue {
 public:
  // Knows at most `max_known` places at a time. `first_fence`: see ClaimTable.
  DueQueue(size_t max_known, uint64_t first_fence);

  // The disk has these places now.
  void Add(const std::vector<DueKey>& keys);

  // Claims the earliest known places that are due at `now_nanos`, at most `max`.
  std::vector<Claim> Take(int64_t now_nanos, int max);

  // When the earliest unclaimed place is due; InfiniteFuture when there is none. Nothing: only a
  // scan can tell.
  std::optional<absl::Time> NextDue() const;

  // A scan reads places that follow `after` (all, when unset) from the disk.
  struct Scan {
    std::optional<DueKey> after;
  };
  Scan BeginScan();
  // `keys`: the next places of the disk, in order. `complete`: there are no more.
  void EndScan(const Scan& scan, const std::vector<DueKey>& keys, bool complete);

  bool Holds(const Claim& claim) const;
  // See ClaimTable.
  void Attach(const Claim& claim, std::shared_ptr<const EmailRecord> record);
  std::optional<HeldClaim> Find(const Claim& claim) const;

  // Claims one recipient, due at `due_nanos` as the disk says, wherever its place is. Nothing when
  // it is claimed already.
  std::optional<Claim> TakeOne(const std::string& email_id, int recipient_index, int64_t due_nanos);

  // Ends claims.
  void End(const std::vector<Claim>& claims);
  // Ends a claim whose recipient is due at `due_nanos`, as the disk says.
  void Requeue(const Claim& claim, int64_t due_nanos);
  // Ends whatever claim there is on a recipient that is due at `due_nanos` now; never, when unset.
  void Override(const std::string& email_id, int recipient_index, std::optional<int64_t> due_nanos);

 private:
  bool Knows(const DueKey& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddLocked(const DueKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Trim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_known_;

  mutable absl::Mutex mutex_;
  ClaimTable claims_ ABSL_GUARDED_BY(mutex_);
  // Unclaimed places. All of the disk up to `known_through_` that are not claimed.
  std::set<DueKey> known_ ABSL_GUARDED_BY(mutex_);
  std::optional<DueKey> known_through_ ABSL_GUARDED_BY(mutex_);
  // Everything is known.
  bool complete_ ABSL_GUARDED_BY(mutex_) = false;
  // Added beyond what is known while a scan is under way, which may or may not have seen them.
  bool scanning_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<DueKey> added_during_scan_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_DUE_QUEUE_H_
