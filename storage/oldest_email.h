#ifndef MAILSTROM_STORAGE_OLDEST_EMAIL_H_
#define MAILSTROM_STORAGE_OLDEST_EMAIL_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/database.h"
#include "storage/record_reader.h"

namespace mailstrom::storage {

// Finds the oldest email that is not settled. Ids sort by age, and only such emails have a content;
// it begins where it was last, for before that nothing comes any more and all that was is gone.
// Thread-safe; blocks.
class OldestEmail {
 public:
  // Both must outlive it.
  OldestEmail(const Database& database, const RecordReader& reader)
      : database_(database), reader_(reader) {}

  // When it was accepted; InfiniteFuture when all are settled.
  absl::StatusOr<absl::Time> AcceptTime();

 private:
  const Database& database_;
  const RecordReader& reader_;

  absl::Mutex mutex_;
  // Where it was last; empty: nowhere.
  std::string email_id_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_OLDEST_EMAIL_H_
