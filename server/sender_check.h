#ifndef MAILSTROM_SERVER_SENDER_CHECK_H_
#define MAILSTROM_SERVER_SENDER_CHECK_H_

#include <vector>

#include "mailstrom/v1/mailstrom_service.pb.h"
#include "message/message.h"
#include "server/submission.h"
#include "server/tenant.h"

namespace mailstrom::server {

// The fields in which `submission`, made of `request`, comes from a domain that is not the
// tenant's: every author and sender of the message, resenders included, and the reverse-path,
// unless that is null.
std::vector<message::Violation> CheckSenders(const Tenant& tenant,
                                             const v1::SendEmailRequest& request,
                                             const Submission& submission);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SENDER_CHECK_H_
