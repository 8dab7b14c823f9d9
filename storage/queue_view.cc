#include "storage/queue_view.h"

#include <algorithm>

namespace mailstrom::storage {

void DomainQueue::Count(const EmailRecord& record, const Recipient& recipient) {
  ++recipients;
  if (recipient.state == RecipientState::kDeferred) ++deferred;
  if (recipient.held) ++held;
  oldest_accept_time = std::min(oldest_accept_time, record.accept_time);
  next_due = std::min(next_due, recipient.next_attempt_time);
}

void DomainQueue::Add(const DomainQueue& other) {
  recipients += other.recipients;
  deferred += other.deferred;
  held += other.held;
  oldest_accept_time = std::min(oldest_accept_time, other.oldest_accept_time);
  next_due = std::min(next_due, other.next_due);
}

}  // namespace mailstrom::storage
