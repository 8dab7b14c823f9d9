#ifndef MAILSTROM_TESTS_CRASH_FAILPOINT_LEDGER_H_
#define MAILSTROM_TESTS_CRASH_FAILPOINT_LEDGER_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "storage/records.h"
#include "storage/rocksdb_store.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Of the stores that failpoint_worker works on; request keys are kept as long.
inline constexpr absl::Duration kLedgerRetention = absl::Hours(1);

// The key of the request that made the email, at `now`.
RequestKey LedgerKey(const std::string& email_id, absl::Time now);

// Such a store, as everybody who opens it needs it; it is not swept unless told.
RocksDbStoreOptions LedgerStoreOptions(const std::string& path, const Clock& clock);

// What all workers on one store have said, and whether the store agrees.
class FailpointLedger {
 public:
  // Takes in what a worker said.
  void Add(absl::string_view output);

  // Opens the store, whose worker has ended, and holds it against what was said. Text: what
  // contradicts what; empty if all is well.
  std::string Check(const std::string& path);

  // Where the clock stands.
  int64_t seconds() const { return seconds_; }
  // How often the workers that came to their end have reached a failpoint.
  int64_t reached(absl::string_view name) const;
  int64_t accepted() const { return static_cast<int64_t>(accepted_.size()); }
  // Recipients whose message was handed over twice, since the first time was not recorded.
  int64_t repeated() const { return repeated_; }

 private:
  using RecipientId = std::pair<std::string, int>;
  struct AcceptedEmail {
    int recipients = 0;
    // On the clock.
    int64_t seconds = 0;
  };
  struct Recorded {
    RecipientState state = RecipientState::kQueued;
    int64_t seconds = 0;
  };

  template <typename... Args>
  void Problem(const Args&... args);
  void AddLine(const std::vector<std::string>& words);
  void AddHandOver(const RecipientId& id);
  void CheckAccepted(Store& store, const std::string& id, const AcceptedEmail& accepted);
  void CheckGone(const std::string& id, const AcceptedEmail& accepted);
  void CheckEmail(const Email& email);
  void CheckKey(Store& store, const std::string& id, const AcceptedEmail& accepted);
  void CheckFound(Store& store);
  void CheckRecords(const std::string& path);

  int64_t seconds_ = 0;
  int64_t last_event_ = 0;
  std::set<std::string> offered_;
  std::map<std::string, AcceptedEmail> accepted_;
  std::set<std::string> cancelled_;
  std::map<RecipientId, Recorded> recorded_;
  std::set<RecipientId> handed_over_;
  // Recipients found in a final state after a kill, acknowledged or not.
  std::set<RecipientId> found_final_;
  int64_t repeated_ = 0;
  // Of the store as found last: recipients by state, as callers see them.
  std::map<RecipientState, int64_t> found_;
  std::map<std::string, int64_t> reached_;
  std::vector<std::string> problems_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_TESTS_CRASH_FAILPOINT_LEDGER_H_
