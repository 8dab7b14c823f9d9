#ifndef MAILSTROM_STORAGE_FRESH_EMAILS_H_
#define MAILSTROM_STORAGE_FRESH_EMAILS_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/records.h"

namespace mailstrom::storage {

// Emails as they were accepted, from when they are durable until the first change of one of their
// recipients: as a rule an email is delivered at once, and need not be read back from the disk for
// that. Holds no truth of its own: what is not here is on the disk. Thread-safe.
class FreshEmails {
 public:
  // Keeps at most about `max_bytes`.
  explicit FreshEmails(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Keeps the email if there is room. Where there is none, those who came longer before it than
  // delivery at once takes make room.
  void Add(std::shared_ptr<const Email> email, std::shared_ptr<const std::string> content);
  // The email has changed, or is about to.
  void Remove(absl::string_view email_id);
  void Clear();

  // Null: not here.
  std::shared_ptr<const Email> Find(absl::string_view email_id) const;
  std::shared_ptr<const std::string> FindContent(absl::string_view email_id) const;

 private:
  struct Entry {
    std::shared_ptr<const Email> email;
    std::shared_ptr<const std::string> content;
    size_t size_bytes;
  };
  // By id, which is about by age.
  using Entries = absl::btree_map<std::string, Entry>;

  void MakeRoom(size_t size_bytes, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;

  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  size_t size_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_FRESH_EMAILS_H_
