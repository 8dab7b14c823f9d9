#include "storage/failpoint.h"

namespace mailstrom::storage {

absl::string_view FailpointName(Failpoint point) {
  switch (point) {
    case Failpoint::kGroupBegun:
      return "group.begun";
    case Failpoint::kGroupPrepared:
      return "group.prepared";
    case Failpoint::kGroupWritten:
      return "group.written";
    case Failpoint::kGroupAnswered:
      return "group.answered";
    case Failpoint::kEmailPrepared:
      return "accept.prepared";
    case Failpoint::kClaimsTaken:
      return "attempt.claimed";
    case Failpoint::kDeferralPrepared:
      return "attempt.deferral_prepared";
    case Failpoint::kSettlementPrepared:
      return "attempt.settlement_prepared";
    case Failpoint::kContentDropped:
      return "attempt.content_dropped";
    case Failpoint::kReleasePrepared:
      return "attempt.release_prepared";
    case Failpoint::kCancelPrepared:
      return "cancel.prepared";
    case Failpoint::kChangePrepared:
      return "change.prepared";
    case Failpoint::kExpiryFound:
      return "retention.found";
    case Failpoint::kExpiryPrepared:
      return "retention.prepared";
    case Failpoint::kRequestKeyDropped:
      return "retention.request_key_dropped";
    case Failpoint::kFlushBegun:
      return "files.flush_begun";
    case Failpoint::kFlushEnded:
      return "files.flush_ended";
    case Failpoint::kCompactionBegun:
      return "files.compaction_begun";
    case Failpoint::kCompactionEnded:
      return "files.compaction_ended";
    case Failpoint::kTableFileDeleted:
      return "files.table_deleted";
    case Failpoint::kBlobFileDeleted:
      return "files.blob_deleted";
  }
  return "unknown";
}

}  // namespace mailstrom::storage
