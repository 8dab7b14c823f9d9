#ifndef MAILSTROM_STORAGE_DUE_CLAIMER_H_
#define MAILSTROM_STORAGE_DUE_CLAIMER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/cancelled_emails.h"
#include "storage/damage_log.h"
#include "storage/database.h"
#include "storage/due_queue.h"
#include "storage/fresh_emails.h"
#include "storage/records.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Claims due work: finds places of the due index, claims them, and reads what belongs to them. A
// place is only a hint, for the index may have moved on since it was read; a recipient that is read
// while it is claimed cannot change, and tells whether the place is still its own. Emails that were
// just accepted are not read at all. Lives on one thread.
class DueClaimer {
 public:
  // What is put down because of what was found; none may block.
  struct Hooks {
    // A place is no recipient's any more.
    std::function<void(const DueKey&)> drop_stale;
    // Some recipient of a cancelled email seemed claimed for a moment, and was not.
    std::function<void(const std::string& email_id)> cancel_again;
  };

  // A scan reads up to `scan_entries` places. All must outlive the claimer.
  DueClaimer(const Database& database, DueQueue& due_queue, const CancelledEmails& cancelled,
             const FreshEmails& fresh, DamageLog& damage, size_t scan_entries, Hooks hooks);

  struct Claimed {
    DueWork work;
    // Recipients of cancelled emails: a claim that outlived the cancelling has lapsed. To be
    // released, which gives them up.
    std::vector<Claim> cancelled;
  };

  // See Store::ClaimDue. A recipient whose records do not parse stays claimed, so that the others
  // go on.
  absl::StatusOr<Claimed> ClaimDue(absl::Time now, int max_recipients);

 private:
  using RecordOr = absl::StatusOr<std::shared_ptr<const EmailRecord>>;
  // By id. Looked up after the claims were taken, so a recipient that is claimed is as it says.
  using FreshMap = absl::flat_hash_map<std::string, std::shared_ptr<const Email>>;

  // What one call has gathered.
  struct Round {
    std::vector<Claim> taken;
    int good = 0;
    absl::flat_hash_map<std::string, RecordOr> records;
    // Where an email stands in `work`.
    absl::flat_hash_map<std::string, size_t> places;
    DueWork work;
    std::vector<Claim> cancelled;
  };

  absl::Status Gather(absl::Time now, int max_recipients, Round& round);
  absl::Status ScanOn();
  absl::Status Check(const std::vector<Claim>& claims, Round& round);
  absl::Status CheckOne(const Claim& claim, absl::StatusOr<Recipient> recipient, Round& round);
  FreshMap FindFresh(const std::vector<Claim>& claims) const;
  void ReadRecords(const std::vector<Claim>& claims, const FreshMap& fresh, Round& round);
  // In the order of `claims`.
  std::vector<absl::StatusOr<Recipient>> ReadRecipients(const std::vector<Claim>& claims,
                                                        const FreshMap& fresh) const;
  void EndStale(const Claim& claim);

  const Database& database_;
  DueQueue& due_queue_;
  const CancelledEmails& cancelled_;
  const FreshEmails& fresh_;
  DamageLog& damage_;
  const size_t scan_entries_;
  const Hooks hooks_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_DUE_CLAIMER_H_
