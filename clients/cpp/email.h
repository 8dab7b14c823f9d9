#ifndef MAILSTROM_CLIENTS_CPP_EMAIL_H_
#define MAILSTROM_CLIENTS_CPP_EMAIL_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "mailstrom/v1/content.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::client {

// An email from plain values. Mailboxes are `addr` or `Name <addr>`. Nothing is judged here: the
// server does, and names each field that is wrong.
struct Email {
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> cc;
  std::vector<std::string> bcc;
  std::vector<std::string> reply_to;
  std::string subject;
  std::string text;
  std::string html;
  // See AttachFile.
  std::vector<v1::Attachment> attachments;
  // Come back with the email and its events, and select what a watch or a list shows.
  std::map<std::string, std::string> tags;
  // Holds the email back until then.
  absl::Time send_time = absl::InfinitePast();
  // Names the occasion, so that a repeated call cannot make a second email; empty: a random one.
  std::string request_id;
};

// The request that sends it. What has no field in Email can be set in the result.
v1::SendEmailRequest ToRequest(const Email& email);

// The file at `path`; its name and its media type go by the path. NotFound, PermissionDenied and
// others as the system says.
absl::StatusOr<v1::Attachment> AttachFile(const std::string& path);

// `addr` or `Name <addr>`, the name possibly quoted; anything else becomes the address as it is.
v1::Mailbox ToMailbox(absl::string_view text);

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_EMAIL_H_
