#include "storage/unsettled_counts.h"

#include <cstddef>

#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kMaxCounts = 10000;

}  // namespace

void UnsettledCounts::Put(const EmailRecord& record, int unsettled) {
  if (record.recipient_count > 1) counts_[record.email_id] = unsettled;
}

absl::Status UnsettledCounts::Load(const EmailRecord& record) {
  if (record.recipient_count == 1 || counts_.contains(record.email_id)) return absl::OkStatus();
  ASSIGN_OR_RETURN(counts_[record.email_id], Count(record));
  return absl::OkStatus();
}

absl::StatusOr<int> UnsettledCounts::Count(const EmailRecord& record) const {
  int settled = 0;
  RETURN_IF_ERROR(database_.Scan(Family::kRecipients, RecipientKey(record.email_id, 0),
                                 RecipientKey(record.email_id, record.recipient_count),
                                 [&](absl::string_view key, absl::string_view value) {
                                   const absl::StatusOr<Recipient> recipient =
                                       DecodeRecipient(value);
                                   damage_.Report(Family::kRecipients, key, recipient.status());
                                   // One that is damaged may never settle; the others must.
                                   if (recipient.ok() && IsFinal(recipient->state)) ++settled;
                                   return true;
                                 }));
  return record.recipient_count - settled;
}

bool UnsettledCounts::Settle(const EmailRecord& record) {
  if (record.recipient_count == 1) return true;
  const auto count = counts_.find(record.email_id);
  if (--count->second > 0) return false;
  counts_.erase(count);
  return true;
}

void UnsettledCounts::Trim() {
  if (counts_.size() > kMaxCounts) counts_.clear();
}

}  // namespace mailstrom::storage
