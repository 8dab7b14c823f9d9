#ifndef MAILSTROM_STORAGE_QUEUE_VIEW_H_
#define MAILSTROM_STORAGE_QUEUE_VIEW_H_

// What an operator sees of the queue, and does to it. The queue: recipients that are not settled,
// whether somebody has claimed them or not.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "storage/records.h"

namespace mailstrom::storage {

// Chooses queued recipients. All conditions that are set must hold.
struct QueueQuery {
  // Recipients wanted, at least 1.
  int page_size = 100;
  // Where the page before ended (QueuePage::next); empty for the first one.
  std::string after = "";
  std::optional<std::string> email_id = std::nullopt;
  // The address's domain is one of these, in lower case. Nothing: any.
  std::optional<std::vector<std::string>> domains = std::nullopt;
  // As ListQuery::recipient.
  std::optional<std::string> recipient = std::nullopt;
  // The email belongs to this one.
  std::optional<std::string> tenant = std::nullopt;
  // The email has all these.
  std::map<std::string, std::string> tags = {};
  // Whether it is held back, see Recipient::held.
  std::optional<bool> held = std::nullopt;
};

// A recipient in the queue.
struct QueuedRecipient {
  std::shared_ptr<const EmailRecord> record;
  // Index in Email::recipients.
  int recipient_index = 0;
  Recipient recipient;
};

struct QueuePage {
  std::vector<QueuedRecipient> recipients;
  // Where to go on; empty when nothing is left.
  std::string next;
};

// What waits for one domain.
struct DomainQueue {
  // In lower case; empty for several together.
  std::string domain;
  int64_t recipients = 0;
  // Of those, were attempted before.
  int64_t deferred = 0;
  // Of those, are held back.
  int64_t held = 0;
  // When the email that waits longest was accepted; InfiniteFuture without one.
  absl::Time oldest_accept_time = absl::InfiniteFuture();
  // When the next of them is due; InfiniteFuture without one.
  absl::Time next_due = absl::InfiniteFuture();

  // Adds one recipient.
  void Count(const EmailRecord& record, const Recipient& recipient);
  // Adds all that `other` counts.
  void Add(const DomainQueue& other);
};

struct QueueSummary {
  // Those with the most recipients first.
  std::vector<DomainQueue> domains;
  // Together, what is beyond the number of domains asked for.
  DomainQueue others;
};

// Names a recipient.
struct RecipientId {
  std::string email_id;
  int recipient_index = 0;
};

// What is done to recipients that nobody has claimed.
enum class QueueChange {
  // They are due now, and no longer held back.
  kMakeDue,
  // They become kFailed with kCancelled, each with an event.
  kCancel,
};

struct ChangedCounts {
  int changed = 0;
  // Left alone, for somebody has claimed them.
  int claimed = 0;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_QUEUE_VIEW_H_
