#ifndef MAILSTROM_STORAGE_TRANSITION_H_
#define MAILSTROM_STORAGE_TRANSITION_H_

#include <cstdint>
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

// The earliest time at which one of `recipients` is due; InfiniteFuture for none.
absl::Time EarliestDue(const std::vector<Recipient>& recipients);

// The event that brought `recipient` where it is; its revision is the sequence number.
Event MakeEvent(const EmailRecord& record, int recipient_index, const Recipient& recipient,
                bool email_settled, absl::Time event_time);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_TRANSITION_H_
