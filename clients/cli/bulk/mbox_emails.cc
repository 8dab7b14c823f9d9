#include "clients/cli/bulk/mbox_emails.h"

#include <string>

namespace mailstrom::cli {

std::optional<BulkEmail> MboxEmails::Next() {
  if (ended_) return std::nullopt;
  std::string message;
  const absl::StatusOr<bool> any = reader_.Next(message);
  if (any.ok() && !*any) return std::nullopt;
  BulkEmail email;
  email.number = ++count_;
  email.line = reader_.line();
  if (absl::IsResourceExhausted(any.status())) {
    email.request = absl::InvalidArgumentError(any.status().message());
  } else if (!any.ok()) {
    ended_ = true;
    email.is_end = true;
    email.request = any.status();
  } else if (message.empty()) {
    email.request = absl::InvalidArgumentError("the message is empty");
  } else {
    email.request = shared_;
    email.request->set_raw_message(std::move(message));
  }
  return email;
}

}  // namespace mailstrom::cli
