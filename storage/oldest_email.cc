#include "storage/oldest_email.h"

#include "base/status_macros.h"
#include "storage/records.h"
#include "storage/schema.h"

namespace mailstrom::storage {

absl::StatusOr<absl::Time> OldestEmail::AcceptTime() {
  absl::MutexLock lock(&mutex_);
  if (!email_id_.empty()) {
    // As a rule it still is; a look at its content would read all of that.
    const absl::StatusOr<Email> email = reader_.ReadEmail(email_id_);
    if (email.ok() && !email->settled()) return email->record.accept_time;
  }
  std::string first;
  RETURN_IF_ERROR(database_.Scan(Family::kContents, email_id_, "",
                                 [&](absl::string_view key, absl::string_view) {
                                   first = std::string(key);
                                   return false;
                                 }));
  email_id_ = first;
  if (first.empty()) return absl::InfiniteFuture();
  const absl::StatusOr<Email> email = reader_.ReadEmail(email_id_);
  // It was settled in between; the next look finds another.
  if (absl::IsNotFound(email.status())) return absl::InfiniteFuture();
  RETURN_IF_ERROR(email.status());
  return email->record.accept_time;
}

}  // namespace mailstrom::storage
