#ifndef MAILSTROM_CLIENTS_CLI_STATUS_TEXT_H_
#define MAILSTROM_CLIENTS_CLI_STATUS_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "mailstrom/v1/email.pb.h"

namespace mailstrom::cli {

// Status in words for people. All text that came from elsewhere is made printable.

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

// Such as `DELIVERED`.
std::string StateName(v1::Recipient::State state);

// What the last attempt came to, in one line: what the host said, or how far it got, and which
// host; empty before the first attempt has ended.
std::string LastAttempt(const v1::Recipient& recipient);

// All of an email, in several lines.
std::string EmailText(const v1::Email& email);

// What was said in one attempt, a line for each, with times since the first.
std::string DialogueText(const v1::Dialogue& dialogue);

// An email in one line: when it was accepted, its id, and how many of its recipients are where.
std::string EmailLine(const v1::Email& email);

// One recipient as it stood at `time`, in one line.
std::string RecipientLine(absl::Time time, absl::string_view email_id,
                          const v1::Recipient& recipient);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_STATUS_TEXT_H_
