#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

ExitCode ExitCodeForCall(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnavailable;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return ExitCode::kRefused;
    default:
      return ExitCode::kOther;
  }
}

ExitCode ExitCodeForEmails(absl::Span<const v1::Email> emails) {
  ExitCode code = ExitCode::kOk;
  for (const v1::Email& email : emails) {
    for (const v1::Recipient& recipient : email.recipients()) {
      if (recipient.state() == v1::Recipient::STATE_FAILED) return ExitCode::kRecipientFailed;
      if (recipient.state() != v1::Recipient::STATE_DELIVERED) code = ExitCode::kUnsettled;
    }
  }
  return code;
}

}  // namespace mailstrom::cli
