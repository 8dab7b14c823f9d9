#ifndef MAILSTROM_CLIENTS_CLI_EXIT_CODE_H_
#define MAILSTROM_CLIENTS_CLI_EXIT_CODE_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "mailstrom/v1/email.pb.h"

namespace mailstrom::cli {

// What the command ends with; `mailstrom help` documents it, and scripts rely on it.
enum class ExitCode {
  kOk = 0,
  kRecipientFailed = 1,
  // What was checked is wrong.
  kProblem = 1,
  kUsage = 2,
  kRefused = 3,
  kUnavailable = 4,
  kUnsettled = 5,
  kNotFound = 6,
  kOther = 7,
};

// For a call that ended with `status`.
ExitCode ExitCodeForCall(const absl::Status& status);

// For emails that were followed, as far as they got: a failed recipient outweighs an unsettled one.
ExitCode ExitCodeForEmails(absl::Span<const v1::Email> emails);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_EXIT_CODE_H_
