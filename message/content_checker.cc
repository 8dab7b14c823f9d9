#include "message/content_checker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "message/address.h"
#include "message/character_class.h"
#include "message/field_writer.h"
#include "message/message_id.h"
#include "message/mime_fields.h"
#include "message/transfer_encoding.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

// Fields that a caller may not add, in lower case.
struct ReservedField {
  absl::string_view name;
  absl::string_view why;
};

constexpr absl::string_view kHasOwnPlace = "has a place of its own in the content";
constexpr absl::string_view kMadeByServer = "is made by the server";
constexpr absl::string_view kTrace = "is for servers that a message passes, not for its author";

constexpr ReservedField kReservedFields[] = {
    {"apparently-to", kTrace},
    {"authentication-results", kTrace},
    {"bcc", kHasOwnPlace},
    {"cc", kHasOwnPlace},
    {"date", kHasOwnPlace},
    {"delivered-to", kTrace},
    {"dkim-signature", kMadeByServer},
    {"from", kHasOwnPlace},
    {"in-reply-to", kHasOwnPlace},
    {"list-unsubscribe", kHasOwnPlace},
    {"list-unsubscribe-post", kMadeByServer},
    {"message-id", kHasOwnPlace},
    {"mime-version", kMadeByServer},
    {"received", kTrace},
    {"received-spf", kTrace},
    {"references", kHasOwnPlace},
    {"reply-to", kHasOwnPlace},
    {"return-path", kTrace},
    {"sender", kHasOwnPlace},
    {"subject", kHasOwnPlace},
    {"to", kHasOwnPlace},
};

constexpr ReservedField kReservedPrefixes[] = {
    {"arc-", kTrace},
    {"content-", kMadeByServer},
    {"resent-", "belongs to a message that is sent on: submit a raw message"},
};

// Why `name` may not be added; empty when it may.
absl::string_view WhyReserved(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const ReservedField& field : kReservedFields) {
    if (lower == field.name) return field.why;
  }
  for (const ReservedField& field : kReservedPrefixes) {
    if (absl::StartsWith(lower, field.name)) return field.why;
  }
  return "";
}

size_t CountCharacters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
}

int CountMailboxes(const std::vector<Address>& addresses) {
  int count = 0;
  for (const Address& address : addresses) {
    const auto* group = std::get_if<Group>(&address);
    count += group != nullptr ? static_cast<int>(group->members.size()) : 1;
  }
  return count;
}

bool HasEncodedParameter(const ContentType& type) {
  return std::any_of(
      type.parameters.begin(), type.parameters.end(),
      [](const MimeParameter& parameter) { return absl::StrContains(parameter.name, "*"); });
}

// Whether content of that type may be encoded neither as quoted-printable nor as base64.
bool Is7bitOnly(const ContentType& type) {
  return type.Is("message", "rfc822") || type.Is("message", "partial") ||
         type.Is("message", "external-body");
}

// OK when `id` is a msg-id that may be generated: without what would end its angle brackets, and in
// ASCII, for only an address is worth asking the next hop for SMTPUTF8.
absl::Status CheckGeneratedId(absl::string_view id) {
  if (id.size() > kMaxTokenBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("is over ", kMaxTokenBytes, " octets long (RFC 5322 §2.1.1)"));
  }
  if (!std::all_of(id.begin(), id.end(),
                   [](char c) { return IsVchar(c) && c != '<' && c != '>'; })) {
    return absl::InvalidArgumentError(
        "must be printable ASCII without white space and angle brackets (RFC 5322 §3.6.4)");
  }
  const absl::Status status = CheckMessageId(id);
  return status.ok() ? status
                     : absl::InvalidArgumentError(absl::StrCat(
                           status.message(), ", as in `abc.123@example.com` (RFC 5322 §3.6.4)"));
}

bool IsUriChar(char c) {
  return IsVchar(c) && absl::string_view("<>\"{}|\\^`").find(c) == absl::string_view::npos;
}

bool IsScheme(absl::string_view text) {
  return !text.empty() && absl::ascii_isalpha(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' ||
                  c == '.';
         });
}

class ContentChecker {
 public:
  ContentChecker(const Content& content, absl::Time now) : content_(content), now_(now) {}

  ContentReport Check() && {
    CheckOriginators();
    CheckAddresses("reply_to", content_.reply_to);
    CheckAddresses("to", content_.to);
    CheckAddresses("cc", content_.cc);
    CheckAddresses("bcc", content_.bcc);
    CheckSubject();
    CheckDate();
    CheckIds();
    CheckBodies();
    CheckAttachments();
    CheckHeaders();
    CheckListUnsubscribe();
    return std::move(report_);
  }

 private:
  void Violate(absl::string_view field, absl::string_view description) {
    report_.violations.push_back({std::string(field), std::string(description)});
  }

  void Warn(absl::string_view field, absl::string_view description) {
    report_.warnings.push_back({std::string(field), std::string(description)});
  }

  // False, with a violation, when `value` cannot stand in a header field.
  bool CheckLine(absl::string_view field, absl::string_view value, size_t max_bytes) {
    if (value.size() > max_bytes) {
      Violate(field, absl::StrCat("is ", value.size(), " octets long; at most ", max_bytes,
                                  " are allowed"));
      return false;
    }
    if (!IsValidUtf8(value)) {
      Violate(field, "is not valid UTF-8");
      return false;
    }
    const auto control =
        std::find_if(value.begin(), value.end(), [](char c) { return IsControl(c) && c != '\t'; });
    if (control == value.end()) return true;
    const absl::string_view what = *control == '\0'                       ? "NUL"
                                   : *control == '\r' || *control == '\n' ? "a line break"
                                                                          : "a control character";
    Violate(field, absl::StrCat("has ", what, " at octet ", control - value.begin() + 1,
                                " (RFC 5322 §2.2)"));
    return false;
  }

  void CheckMailbox(const std::string& path, const Mailbox& mailbox) {
    if (absl::StatusOr<AddrSpec> addr_spec = ParseAddrSpec(mailbox.address); !addr_spec.ok()) {
      Violate(absl::StrCat(path, ".address"), addr_spec.status().message());
    }
    CheckLine(absl::StrCat(path, ".display_name"), mailbox.display_name, kMaxDisplayNameBytes);
  }

  void CheckGroup(const std::string& path, const Group& group) {
    const std::string name = absl::StrCat(path, ".display_name");
    if (absl::StripAsciiWhitespace(group.display_name).empty()) {
      Violate(name, "a group needs a name (RFC 5322 §3.4)");
    } else {
      CheckLine(name, group.display_name, kMaxDisplayNameBytes);
    }
    for (size_t i = 0; i < group.members.size(); ++i) {
      CheckMailbox(absl::StrCat(path, ".members[", i, "]"), group.members[i]);
    }
  }

  void CheckAddresses(absl::string_view field, const std::vector<Address>& addresses) {
    for (size_t i = 0; i < addresses.size(); ++i) {
      const std::string path = absl::StrCat(field, "[", i, "]");
      if (const auto* mailbox = std::get_if<Mailbox>(&addresses[i])) {
        CheckMailbox(absl::StrCat(path, ".mailbox"), *mailbox);
      } else {
        CheckGroup(absl::StrCat(path, ".group"), std::get<Group>(addresses[i]));
      }
    }
  }

  void CheckOriginators() {
    if (content_.from.empty()) Violate("from", "is required (RFC 5322 §3.6)");
    CheckAddresses("from", content_.from);
    if (content_.sender.has_value()) {
      CheckMailbox("sender", *content_.sender);
    } else if (CountMailboxes(content_.from) > 1) {
      Violate("sender", "is required when `from` has several mailboxes (RFC 5322 §3.6.2)");
    }
  }

  void CheckSubject() {
    if (!CheckLine("subject", content_.subject, kMaxSubjectBytes)) return;
    if (content_.subject.empty()) {
      Warn("subject", "is empty, which readers and filters take ill");
    } else if (CountCharacters(content_.subject) > kLongSubjectCharacters) {
      Warn("subject", absl::StrCat("is over ", kLongSubjectCharacters,
                                   " characters long; most readers show far fewer"));
    }
  }

  void CheckDate() {
    if (!content_.date.has_value()) return;
    const absl::TimeZone utc = absl::UTCTimeZone();
    if (*content_.date < absl::FromCivil(absl::CivilYear(1900), utc) ||
        *content_.date >= absl::FromCivil(absl::CivilYear(10000), utc)) {
      Violate("date", "must lie between the years 1900 and 9999 (RFC 5322 §3.3)");
    } else if (*content_.date > now_ + absl::Hours(24) ||
               *content_.date < now_ - absl::Hours(168)) {
      Warn("date", "is over a day ahead or a week back, which filters take ill");
    }
  }

  void CheckId(absl::string_view field, absl::string_view id) {
    if (absl::Status status = CheckGeneratedId(id); !status.ok()) Violate(field, status.message());
  }

  void CheckIds() {
    if (!content_.message_id.empty()) CheckId("message_id", content_.message_id);
    for (size_t i = 0; i < content_.in_reply_to.size(); ++i) {
      CheckId(absl::StrCat("in_reply_to[", i, "]"), content_.in_reply_to[i]);
    }
    for (size_t i = 0; i < content_.references.size(); ++i) {
      CheckId(absl::StrCat("references[", i, "]"), content_.references[i]);
    }
  }

  void CheckBody(absl::string_view field, absl::string_view body) {
    if (!IsValidUtf8(body)) Violate(field, "is not valid UTF-8");
    if (const size_t nul = body.find('\0'); nul != absl::string_view::npos) {
      Violate(field, absl::StrCat("has NUL at octet ", nul + 1, " (RFC 5322 §2.3)"));
    }
  }

  void CheckBodies() {
    CheckBody("text", content_.text);
    CheckBody("html", content_.html);
    if (content_.text.empty() && !content_.html.empty()) {
      Warn("text", "is empty: HTML without plain text counts as a sign of spam");
    }
    if (content_.text.empty() && content_.html.empty() && content_.attachments.empty()) {
      Warn("text", "is empty, as is everything else to read");
    }
  }

  void CheckContentType(const std::string& path, const Attachment& attachment) {
    const std::string field = absl::StrCat(path, ".content_type");
    if (attachment.content_type.empty() ||
        !CheckLine(field, attachment.content_type, kMaxContentTypeBytes)) {
      return;
    }
    const absl::StatusOr<ContentType> type = ParseContentType(attachment.content_type);
    if (!type.ok()) {
      Violate(field, type.status().message());
    } else if (type->type == "multipart") {
      Violate(field, "an attachment cannot be a multipart (RFC 2046 §5.1)");
    } else if (HasEncodedParameter(*type)) {
      Violate(field, "give a parameter plainly: it is encoded where it has to be (RFC 2231)");
    } else if (Is7bitOnly(*type) && !Is7bit(attachment.data)) {
      Violate(absl::StrCat(path, ".data"),
              absl::StrCat(type->type, "/", type->subtype,
                           " may not be encoded, so it has to be 7-bit with CRLF line ends and "
                           "lines of at most 998 octets (RFC 2046 §5.2)"));
    }
  }

  void CheckContentId(const std::string& path, const std::string& content_id) {
    if (content_id.empty()) return;
    const std::string field = absl::StrCat(path, ".content_id");
    if (absl::Status status = CheckGeneratedId(content_id); !status.ok()) {
      Violate(field, status.message());
    } else if (!content_ids_.insert(content_id).second) {
      Violate(field, "is that of an earlier attachment too (RFC 2392)");
    } else if (!absl::StrContains(content_.html, "cid:")) {
      Warn(field, "is not shown: `html` has no `cid:`");
    }
  }

  void CheckAttachments() {
    for (size_t i = 0; i < content_.attachments.size(); ++i) {
      const Attachment& attachment = content_.attachments[i];
      const std::string path = absl::StrCat("attachments[", i, "]");
      CheckLine(absl::StrCat(path, ".filename"), attachment.filename, kMaxFileNameBytes);
      CheckContentType(path, attachment);
      CheckContentId(path, attachment.content_id);
    }
  }

  void CheckHeaderName(const std::string& field, absl::string_view name) {
    if (name.empty()) {
      Violate(field, "is required");
    } else if (name.size() > kMaxFieldNameBytes) {
      Violate(field, absl::StrCat("is over ", kMaxFieldNameBytes, " octets long"));
    } else if (!std::all_of(name.begin(), name.end(), IsFieldNameChar)) {
      Violate(field, "is not printable ASCII without colon (RFC 5322 §2.2)");
    } else if (const absl::string_view why = WhyReserved(name); !why.empty()) {
      Violate(field, absl::StrCat("`", name, "` ", why));
    }
  }

  void CheckHeaderValue(const std::string& field, absl::string_view value) {
    if (!CheckLine(field, value, kMaxFieldValueBytes) || value.empty()) return;
    if (IsWsp(value.front()) || IsWsp(value.back())) {
      Violate(field, "begins or ends with white space");
    }
    for (absl::string_view word : absl::StrSplit(value, absl::ByAnyChar(" \t"))) {
      if (word.size() > kMaxTokenBytes && IsAscii(word)) {
        Violate(field, absl::StrCat("has a word of ", word.size(), " octets, too long to fold; ",
                                    kMaxTokenBytes, " are allowed (RFC 5322 §2.1.1)"));
        return;
      }
    }
  }

  void CheckHeaders() {
    for (size_t i = 0; i < content_.headers.size(); ++i) {
      const std::string path = absl::StrCat("headers[", i, "]");
      CheckHeaderName(absl::StrCat(path, ".name"), content_.headers[i].name);
      CheckHeaderValue(absl::StrCat(path, ".value"), content_.headers[i].value);
    }
  }

  void CheckListUnsubscribe() {
    for (size_t i = 0; i < content_.list_unsubscribe_uris.size(); ++i) {
      const absl::string_view uri = content_.list_unsubscribe_uris[i];
      const std::string field = absl::StrCat("list_unsubscribe_uris[", i, "]");
      if (uri.size() > kMaxUriBytes) {
        Violate(field, absl::StrCat("is over ", kMaxUriBytes, " octets long"));
      } else if (!std::all_of(uri.begin(), uri.end(), IsUriChar)) {
        Violate(field, "has characters that a URI must percent-encode (RFC 3986 §2)");
      } else if (const size_t colon = uri.find(':'); colon == absl::string_view::npos ||
                                                     colon + 1 == uri.size() ||
                                                     !IsScheme(uri.substr(0, colon))) {
        Violate(field, "is no URI such as `https://example.com/u?id=1` (RFC 3986 §3)");
      } else if (absl::StartsWithIgnoreCase(uri, "http:")) {
        Warn(field, "one-click needs https (RFC 8058 §3.1)");
      }
    }
  }

  const Content& content_;
  const absl::Time now_;
  absl::flat_hash_set<std::string> content_ids_;
  ContentReport report_;
};

}  // namespace

ContentReport CheckContent(const Content& content, absl::Time now) {
  return ContentChecker(content, now).Check();
}

}  // namespace mailstrom::message
