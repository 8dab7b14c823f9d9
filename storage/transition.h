#ifndef MAILSTROM_STORAGE_TRANSITION_H_
#define MAILSTROM_STORAGE_TRANSITION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// The rules that each back end keeps, apart from how it keeps records.

// InvalidArgument: `email` cannot be accepted (see Store::Accept).
absl::Status CheckNewEmail(const Email& email);

// InvalidArgument: `outcomes` cannot be recorded together: an outcome is kQueued, or two are of one
// recipient.
absl::Status CheckOutcomes(const std::vector<Outcome>& outcomes);

// What `after` is when its email was cancelled meanwhile: what would be tried again is given up.
Recipient UnlessCancelled(Recipient after, bool cancelled);

// `recipient`, given up because its email was cancelled.
Recipient Cancelled(Recipient recipient);

// ResourceExhausted: an email of `bytes` does not fit into the queue any more.
absl::Status CheckLimits(const StoreLimits& limits, const QueueTotals& totals, int64_t bytes);

// ResourceExhausted: a tenant who has `queued` recipients in the queue, and may have `limit`,
// cannot have so many more.
absl::Status CheckShare(int64_t limit, int64_t queued, size_t recipients);

// The dialogues of `outcomes` that are kept, each with its email's id: one for each set of
// recipients of one email that share one. `first_sequence` is that of the first outcome.
std::vector<std::pair<std::string, Dialogue>> DialoguesOf(const std::vector<Outcome>& outcomes,
                                                          int64_t first_sequence);

// The earliest time at which one of `recipients` is due; InfiniteFuture for none.
absl::Time EarliestDue(const std::vector<Recipient>& recipients);

// The event that brought `recipient` where it is; its revision is the sequence number.
Event MakeEvent(const EmailRecord& record, int recipient_index, const Recipient& recipient,
                bool email_settled, absl::Time event_time);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_TRANSITION_H_
