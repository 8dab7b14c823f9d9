#ifndef MAILSTROM_SERVER_ADMIN_QUEUE_FILTER_H_
#define MAILSTROM_SERVER_ADMIN_QUEUE_FILTER_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "delivery/control.h"
#include "mailstrom/admin/v1/queue.pb.h"
#include "storage/store.h"

namespace mailstrom::server {

// Turns a valid filter into the store's query; `done` runs within the call or on delivery's strand.
void MakeQuery(delivery::Control& control, const admin::v1::QueueFilter& filter,
               absl::AnyInvocable<void(storage::QueueQuery)> done);

// The page_token with which to go on after `place` (QueuePage::next); empty for an empty place.
// Opaque to callers, and bound to the filter.
std::string FormatQueueToken(const admin::v1::QueueFilter& filter, const std::string& place);

// The place in a token; empty when that is empty. InvalidArgument: FormatQueueToken did not make
// it, or made it for another filter.
absl::StatusOr<std::string> ParseQueueToken(const admin::v1::QueueFilter& filter,
                                            const std::string& token);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_QUEUE_FILTER_H_
