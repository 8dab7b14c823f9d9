#ifndef MAILSTROM_CLIENTS_CLI_QUEUE_REQUEST_H_
#define MAILSTROM_CLIENTS_CLI_QUEUE_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cli/arguments.h"
#include "mailstrom/admin/v1/admin_service.pb.h"

namespace mailstrom::cli {

// Requests from the words of a command line. InvalidArgument: says which word is wrong, and why.

absl::StatusOr<admin::v1::QueueFilter> BuildFilter(const Arguments& arguments);

// Exactly one of the options that name part of the mail.
absl::StatusOr<admin::v1::Scope> BuildScope(const Arguments& arguments);

absl::StatusOr<admin::v1::SuspendDeliveryRequest> BuildSuspend(const Arguments& arguments,
                                                               absl::string_view user,
                                                               absl::Time now);

absl::StatusOr<admin::v1::RerouteDeliveryRequest> BuildReroute(const Arguments& arguments,
                                                               absl::string_view user,
                                                               absl::Time now);

// A positive number that an option gives, at most `max`; `otherwise` when it is not given.
absl::StatusOr<int> ReadNumber(const Arguments& arguments, absl::string_view option, int otherwise,
                               int max);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_QUEUE_REQUEST_H_
