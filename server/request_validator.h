#ifndef MAILSTROM_SERVER_REQUEST_VALIDATOR_H_
#define MAILSTROM_SERVER_REQUEST_VALIDATOR_H_

// Checks what a request says by itself, without the message that it carries. Every function returns
// all violations, each with the path of its field; none: the request is well formed.

#include <vector>

#include "absl/time/time.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "message/message.h"

namespace mailstrom::server {

struct RequestLimits {
  int64_t max_message_bytes = 40 * 1024 * 1024;
  int max_recipients = 1000;
};

std::vector<message::Violation> ValidateSend(const v1::SendEmailRequest& request,
                                             const RequestLimits& limits, absl::Time now);
std::vector<message::Violation> ValidateQuery(const v1::QueryStatusRequest& request);
std::vector<message::Violation> ValidateQuery(const v1::QueryDialoguesRequest& request);
std::vector<message::Violation> ValidateWatch(const v1::WatchStatusRequest& request);
std::vector<message::Violation> ValidateCancel(const v1::CancelEmailRequest& request);
// But for the page_token, see page_token.h.
std::vector<message::Violation> ValidateList(const v1::ListEmailsRequest& request);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_REQUEST_VALIDATOR_H_
