#ifndef MAILSTROM_SERVER_SUBMISSION_H_
#define MAILSTROM_SERVER_SUBMISSION_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/random_source.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "message/dkim_key_ring.h"
#include "message/message.h"
#include "server/request_validator.h"
#include "storage/records.h"

namespace mailstrom::server {

// What the server brings to every submission.
struct SubmissionOptions {
  RequestLimits limits;
  // Right-hand side of the Message-IDs that are made here.
  std::string host_name;
  absl::Duration default_lifetime = absl::Hours(24 * 5);
};

// A request turned into what the store accepts, or all that is wrong with it.
struct Submission {
  // All recipients queued and due at once or at send_time.
  storage::Email email;
  // The message.
  std::string content;
  std::vector<message::Violation> violations;
  std::vector<message::Violation> warnings;
};

// Validates, composes and signs with what `keys` has for the author's domain. Pure but for
// `random`, from which the ids come.
Submission PrepareSubmission(const v1::SendEmailRequest& request, const SubmissionOptions& options,
                             const message::DkimKeyRing& keys, absl::Time now,
                             RandomSource& random);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SUBMISSION_H_
