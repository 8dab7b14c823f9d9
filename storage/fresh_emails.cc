#include "storage/fresh_emails.h"

#include <utility>

namespace mailstrom::storage {
namespace {

// An email that was not attempted by then waits for something, and may as well do so on the disk.
constexpr absl::Duration kFresh = absl::Seconds(10);

// Of records, about; the content comes on top.
constexpr size_t kRecordBytes = 512;

}  // namespace

void FreshEmails::Add(std::shared_ptr<const Email> email,
                      std::shared_ptr<const std::string> content) {
  const size_t size_bytes = content->size() + kRecordBytes * (1 + email->recipients.size());
  absl::MutexLock lock(&mutex_);
  MakeRoom(size_bytes, email->record.accept_time);
  if (size_bytes_ + size_bytes > max_bytes_) return;
  const std::string& email_id = email->record.email_id;
  const bool is_new =
      entries_.try_emplace(email_id, Entry{std::move(email), std::move(content), size_bytes})
          .second;
  if (is_new) size_bytes_ += size_bytes;
}

void FreshEmails::Remove(absl::string_view email_id) {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(email_id);
  if (entry != entries_.end()) Erase(entry);
}

void FreshEmails::Clear() {
  absl::MutexLock lock(&mutex_);
  entries_.clear();
  size_bytes_ = 0;
}

std::shared_ptr<const Email> FreshEmails::Find(absl::string_view email_id) const {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(email_id);
  return entry == entries_.end() ? nullptr : entry->second.email;
}

std::shared_ptr<const std::string> FreshEmails::FindContent(absl::string_view email_id) const {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(email_id);
  return entry == entries_.end() ? nullptr : entry->second.content;
}

void FreshEmails::MakeRoom(size_t size_bytes, absl::Time now) {
  while (size_bytes_ + size_bytes > max_bytes_ && !entries_.empty()) {
    const auto oldest = entries_.begin();
    if (now - oldest->second.email->record.accept_time <= kFresh) return;
    Erase(oldest);
  }
}

void FreshEmails::Erase(Entries::iterator entry) {
  size_bytes_ -= entry->second.size_bytes;
  entries_.erase(entry);
}

}  // namespace mailstrom::storage
