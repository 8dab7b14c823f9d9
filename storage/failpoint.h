#ifndef MAILSTROM_STORAGE_FAILPOINT_H_
#define MAILSTROM_STORAGE_FAILPOINT_H_

#include "absl/strings/string_view.h"

namespace mailstrom::storage {

// Moments in the work of the embedded store at which the end of the process is worth a test.
enum class Failpoint {
  // Of each group of calls. Nothing of it is prepared yet.
  kGroupBegun = 0,
  // All of it is prepared and nothing written.
  kGroupPrepared,
  // It is durable, and nobody knows.
  kGroupWritten,
  // Its callers have their answers, and listeners have not heard of it.
  kGroupAnswered,

  // An email is in the group.
  kEmailPrepared,
  // Due recipients are taken, and nobody has them yet.
  kClaimsTaken,
  // A recipient's deferral is in the group.
  kDeferralPrepared,
  // A recipient's final state is.
  kSettlementPrepared,
  // The end of the last recipient's email is, and of its content.
  kContentDropped,
  // Claims that were given back are.
  kReleasePrepared,
  // A cancellation is.
  kCancelPrepared,
  // An operator's change of recipients that wait is.
  kChangePrepared,

  // Records past their retention are found.
  kExpiryFound,
  // Their end is in the group, and that of their events.
  kExpiryPrepared,
  // A compaction leaves an expired request key behind.
  kRequestKeyDropped,

  // RocksDB's own work on files: from memory into files, from files into fewer ones, and the end of
  // those that nothing needs any more. Blob files hold contents.
  kFlushBegun,
  kFlushEnded,
  kCompactionBegun,
  kCompactionEnded,
  kTableFileDeleted,
  kBlobFileDeleted,
};
inline constexpr int kFailpointCount = static_cast<int>(Failpoint::kBlobFileDeleted) + 1;

// The failpoint's name, such as "group.begun".
absl::string_view FailpointName(Failpoint point);

// Is told when a failpoint is reached, on whatever thread that is. Thread-safe.
class FailpointObserver {
 public:
  virtual ~FailpointObserver() = default;
  virtual void OnFailpoint(Failpoint point) = 0;
};

// Where the store says that it has reached a failpoint. Nobody listens but in tests.
class Failpoints {
 public:
  Failpoints() = default;
  // `observer` must outlive what is given this.
  explicit Failpoints(FailpointObserver* observer) : observer_(observer) {}

  void Reach(Failpoint point) const {
    if (observer_ != nullptr) observer_->OnFailpoint(point);
  }

 private:
  FailpointObserver* observer_ = nullptr;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_FAILPOINT_H_
