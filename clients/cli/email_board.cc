#include "clients/cli/email_board.h"

#include <algorithm>
#include <string>

namespace mailstrom::cli {

void EmailBoard::Apply(const v1::WatchStatusResponse& response) {
  if (response.has_snapshot()) Find(response.snapshot().email_id()) = response.snapshot();
  if (!response.has_event()) return;
  const v1::StatusEvent& event = response.event();
  v1::Email& email = Find(event.email_id());
  email.set_state(event.email_state());
  email.set_revision(event.revision());
  auto& recipients = *email.mutable_recipients();
  const auto found =
      std::find_if(recipients.begin(), recipients.end(), [&event](const v1::Recipient& recipient) {
        return recipient.address() == event.recipient().address();
      });
  *(found == recipients.end() ? recipients.Add() : &*found) = event.recipient();
}

v1::Email& EmailBoard::Find(const std::string& email_id) {
  for (v1::Email& email : emails_) {
    if (email.email_id() == email_id) return email;
  }
  emails_.emplace_back().set_email_id(email_id);
  return emails_.back();
}

}  // namespace mailstrom::cli
