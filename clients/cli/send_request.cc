#include "clients/cli/send_request.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "clients/cli/utf8.h"
#include "clients/cpp/email.h"
#include "clients/cpp/media_type.h"

namespace mailstrom::cli {
namespace {

constexpr absl::string_view kContentOptions[] = {"from",     "to",        "cc",     "bcc",
                                                 "reply-to", "subject",   "text",   "text-file",
                                                 "html",     "html-file", "attach", "header"};

absl::Status CheckUtf8(absl::string_view option, absl::string_view text) {
  if (IsUtf8(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--", option, " is not UTF-8 text"));
}

absl::Status AddMailboxes(const Arguments& arguments, absl::string_view option,
                          google::protobuf::RepeatedPtrField<v1::Address>& addresses) {
  for (const std::string& value : arguments.All(option)) {
    RETURN_IF_ERROR(CheckUtf8(option, value));
    *addresses.Add()->mutable_mailbox() = client::ToMailbox(value);
  }
  return absl::OkStatus();
}

// The value of `--name`, or the content of the file that `--name-file` names.
absl::StatusOr<std::string> ReadText(const Arguments& arguments, const std::string& name,
                                     const FileReader& read_file) {
  const std::string file_option = name + "-file";
  if (!arguments.Has(file_option)) {
    RETURN_IF_ERROR(CheckUtf8(name, arguments.Get(name)));
    return arguments.Get(name);
  }
  if (arguments.Has(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", name, " and --", file_option, " exclude each other"));
  }
  ASSIGN_OR_RETURN(std::string text, read_file(arguments.Get(file_option)));
  RETURN_IF_ERROR(CheckUtf8(file_option, text));
  return text;
}

absl::Status AddAttachments(const Arguments& arguments, const FileReader& read_file,
                            v1::Content& content) {
  for (const std::string& path : arguments.All("attach")) {
    const std::string filename = path.substr(path.rfind('/') + 1);
    RETURN_IF_ERROR(CheckUtf8("attach", filename));
    ASSIGN_OR_RETURN(std::string data, read_file(path));
    v1::Attachment* attachment = content.add_attachments();
    attachment->set_filename(filename);
    attachment->set_content_type(std::string(client::MediaTypeForFile(filename)));
    attachment->set_data(std::move(data));
  }
  return absl::OkStatus();
}

absl::Status AddHeaders(const Arguments& arguments, v1::Content& content) {
  for (const std::string& field : arguments.All("header")) {
    RETURN_IF_ERROR(CheckUtf8("header", field));
    const size_t colon = field.find(':');
    if (colon == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("--header '", field, "' has no colon"));
    }
    v1::HeaderField* header = content.add_headers();
    header->set_name(field.substr(0, colon));
    // Line breaks are kept, so that the server can refuse them.
    header->set_value(std::string(absl::StripPrefix(field.substr(colon + 1), " ")));
  }
  return absl::OkStatus();
}

absl::Status BuildContent(const Arguments& arguments, const FileReader& read_file,
                          v1::Content& content) {
  RETURN_IF_ERROR(AddMailboxes(arguments, "from", *content.mutable_from()));
  RETURN_IF_ERROR(AddMailboxes(arguments, "to", *content.mutable_to()));
  RETURN_IF_ERROR(AddMailboxes(arguments, "cc", *content.mutable_cc()));
  RETURN_IF_ERROR(AddMailboxes(arguments, "bcc", *content.mutable_bcc()));
  RETURN_IF_ERROR(AddMailboxes(arguments, "reply-to", *content.mutable_reply_to()));
  RETURN_IF_ERROR(CheckUtf8("subject", arguments.Get("subject")));
  content.set_subject(arguments.Get("subject"));
  ASSIGN_OR_RETURN(*content.mutable_text(), ReadText(arguments, "text", read_file));
  ASSIGN_OR_RETURN(*content.mutable_html(), ReadText(arguments, "html", read_file));
  RETURN_IF_ERROR(AddAttachments(arguments, read_file, content));
  return AddHeaders(arguments, content);
}

absl::Status BuildEnvelope(const Arguments& arguments, v1::SendEmailRequest& request) {
  const bool has_from = arguments.Has("envelope-from");
  if (has_from != arguments.Has("envelope-to")) {
    return absl::InvalidArgumentError("--envelope-from and --envelope-to need each other");
  }
  if (!has_from) return absl::OkStatus();
  v1::Envelope* envelope = request.mutable_envelope();
  envelope->set_reverse_path(arguments.Get("envelope-from"));
  RETURN_IF_ERROR(CheckUtf8("envelope-from", envelope->reverse_path()));
  for (const std::string& address : arguments.All("envelope-to")) {
    RETURN_IF_ERROR(CheckUtf8("envelope-to", address));
    envelope->add_forward_paths(address);
  }
  return absl::OkStatus();
}

absl::Status AddTags(const Arguments& arguments,
                     google::protobuf::Map<std::string, std::string>& tags) {
  for (const std::string& tag : arguments.All("tag")) {
    RETURN_IF_ERROR(CheckUtf8("tag", tag));
    const size_t equals = tag.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("--tag '", tag, "' is not KEY=VALUE"));
    }
    tags[tag.substr(0, equals)] = tag.substr(equals + 1);
  }
  return absl::OkStatus();
}

// The first content option that was given; empty when there is none.
absl::string_view FirstContentOption(const Arguments& arguments) {
  for (const absl::string_view option : kContentOptions) {
    if (arguments.Has(option)) return option;
  }
  return "";
}

}  // namespace

absl::StatusOr<v1::SendEmailRequest> BuildSendRequest(const Arguments& arguments,
                                                      const FileReader& read_file,
                                                      const std::string& default_from) {
  v1::SendEmailRequest request;
  const absl::string_view content_option = FirstContentOption(arguments);
  if (arguments.Has("raw")) {
    if (!content_option.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--raw takes a complete message, so --", content_option, " has no place"));
    }
    ASSIGN_OR_RETURN(*request.mutable_raw_message(), read_file(arguments.Get("raw")));
  } else if (content_option.empty()) {
    return absl::InvalidArgumentError(
        "nothing to send: give --from, --to, --subject and --text, or --raw FILE");
  } else {
    RETURN_IF_ERROR(BuildContent(arguments, read_file, *request.mutable_content()));
    RETURN_IF_ERROR(SetDefaultFrom(default_from, *request.mutable_content()));
  }
  for (const absl::string_view option : {"format", "skip-bad"}) {
    if (arguments.Has(option)) {
      return absl::InvalidArgumentError(absl::StrCat("--", option, " needs --from-file"));
    }
  }
  RETURN_IF_ERROR(BuildEnvelope(arguments, request));
  RETURN_IF_ERROR(AddTags(arguments, *request.mutable_tags()));
  RETURN_IF_ERROR(CheckUtf8("request-id", arguments.Get("request-id")));
  request.set_request_id(arguments.Get("request-id"));
  return request;
}

absl::StatusOr<v1::SendEmailRequest> BuildSharedRequest(const Arguments& arguments,
                                                        const FileReader& read_file) {
  v1::SendEmailRequest request;
  if (!FirstContentOption(arguments).empty()) {
    RETURN_IF_ERROR(BuildContent(arguments, read_file, *request.mutable_content()));
  }
  RETURN_IF_ERROR(BuildEnvelope(arguments, request));
  RETURN_IF_ERROR(AddTags(arguments, *request.mutable_tags()));
  RETURN_IF_ERROR(CheckUtf8("request-id", arguments.Get("request-id")));
  return request;
}

absl::Status SetDefaultFrom(const std::string& default_from, v1::Content& content) {
  if (default_from.empty() || !content.from().empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckUtf8("from", default_from));
  *content.add_from()->mutable_mailbox() = client::ToMailbox(default_from);
  return absl::OkStatus();
}

absl::StatusOr<v1::ListEmailsRequest> BuildListRequest(const Arguments& arguments) {
  v1::ListEmailsRequest request;
  RETURN_IF_ERROR(AddTags(arguments, *request.mutable_tags()));
  RETURN_IF_ERROR(CheckUtf8("recipient", arguments.Get("recipient")));
  request.set_recipient(arguments.Get("recipient"));
  if (arguments.Has("active") && arguments.Has("settled")) {
    return absl::InvalidArgumentError("--active and --settled exclude each other");
  }
  if (arguments.Has("active")) request.set_state(v1::Email::STATE_ACTIVE);
  if (arguments.Has("settled")) request.set_state(v1::Email::STATE_SETTLED);
  int limit = 0;
  if (!absl::SimpleAtoi(arguments.Get("limit", "50"), &limit) || limit < 1) {
    return absl::InvalidArgumentError("--limit is no number above 0");
  }
  request.set_page_size(limit);
  return request;
}

}  // namespace mailstrom::cli
