#ifndef MAILSTROM_SERVER_ADMIN_ADMIN_VALIDATOR_H_
#define MAILSTROM_SERVER_ADMIN_ADMIN_VALIDATOR_H_

// What is wrong with a request of mailstrom.admin.v1; nothing when it is right. Pure.

#include <vector>

#include "absl/time/time.h"
#include "mailstrom/admin/v1/admin_service.pb.h"
#include "message/message.h"

namespace mailstrom::server {

std::vector<message::Violation> Validate(const admin::v1::SuspendDeliveryRequest& request,
                                         absl::Time now);
std::vector<message::Violation> Validate(const admin::v1::RerouteDeliveryRequest& request,
                                         absl::Time now);
std::vector<message::Violation> ValidateScope(const admin::v1::Scope& scope);
std::vector<message::Violation> Validate(const admin::v1::SummarizeQueueRequest& request);
std::vector<message::Violation> Validate(const admin::v1::ListQueueRequest& request);
// A change wants at least one condition.
std::vector<message::Violation> ValidateChange(const admin::v1::QueueFilter& filter);
std::vector<message::Violation> Validate(const admin::v1::ExplainRecipientsRequest& request);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_ADMIN_VALIDATOR_H_
