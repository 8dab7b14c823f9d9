#ifndef MAILSTROM_DELIVERY_SMTP_FAILURE_H_
#define MAILSTROM_DELIVERY_SMTP_FAILURE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "delivery/smtp/transaction.h"
#include "storage/records.h"

namespace mailstrom::delivery::smtp {

// A Failure from an error of Dialogue; `step` names what was under way, such as `reply to MAIL`.
Failure FailureFromStatus(const absl::Status& status, storage::Phase phase, absl::string_view step);

// From a reply that does not let the step succeed: kReply for 4yz and 5yz, else kProtocol, for a
// positive reply out of place says that the two sides have lost each other.
Failure FailureFromReply(const Reply& reply, storage::Phase phase, absl::string_view step);

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_FAILURE_H_
