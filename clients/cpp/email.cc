#include "clients/cpp/email.h"

#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/media_type.h"

namespace mailstrom::client {
namespace {

using Addresses = google::protobuf::RepeatedPtrField<v1::Address>;

void Add(const std::vector<std::string>& mailboxes, Addresses& addresses) {
  for (const std::string& text : mailboxes) *addresses.Add()->mutable_mailbox() = ToMailbox(text);
}

// A quoted name as people write it: without the quotes and their escapes.
std::string Unquote(absl::string_view name) {
  if (name.size() < 2 || name.front() != '"' || name.back() != '"') return std::string(name);
  std::string plain;
  for (size_t i = 1; i + 1 < name.size(); ++i) {
    if (name[i] == '\\' && i + 2 < name.size()) ++i;
    plain.push_back(name[i]);
  }
  return plain;
}

}  // namespace

v1::SendEmailRequest ToRequest(const Email& email) {
  v1::SendEmailRequest request;
  request.set_request_id(email.request_id);
  v1::Content& content = *request.mutable_content();
  Add({email.from}, *content.mutable_from());
  Add(email.to, *content.mutable_to());
  Add(email.cc, *content.mutable_cc());
  Add(email.bcc, *content.mutable_bcc());
  Add(email.reply_to, *content.mutable_reply_to());
  content.set_subject(email.subject);
  content.set_text(email.text);
  content.set_html(email.html);
  content.mutable_attachments()->Assign(email.attachments.begin(), email.attachments.end());
  request.mutable_tags()->insert(email.tags.begin(), email.tags.end());
  if (email.send_time != absl::InfinitePast()) {
    const int64_t nanos = absl::ToUnixNanos(email.send_time);
    request.mutable_send_time()->set_seconds(nanos / 1'000'000'000);
    request.mutable_send_time()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  }
  return request;
}

absl::StatusOr<v1::Attachment> AttachFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string data;
  char block[65536];
  while (file.read(block, sizeof(block)) || file.gcount() > 0) data.append(block, file.gcount());
  if (!file.eof()) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  v1::Attachment attachment;
  attachment.set_filename(path.substr(path.rfind('/') + 1));
  const absl::string_view type = MediaTypeForFile(attachment.filename());
  attachment.set_content_type(type.empty() ? "application/octet-stream" : std::string(type));
  attachment.set_data(std::move(data));
  return attachment;
}

v1::Mailbox ToMailbox(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  v1::Mailbox mailbox;
  const size_t open = text.rfind('<');
  if (open == absl::string_view::npos || !absl::EndsWith(text, ">")) {
    mailbox.set_address(std::string(text));
    return mailbox;
  }
  mailbox.set_display_name(Unquote(absl::StripAsciiWhitespace(text.substr(0, open))));
  mailbox.set_address(std::string(text.substr(open + 1, text.size() - open - 2)));
  return mailbox;
}

}  // namespace mailstrom::client
