#include "tests/message/message_reader.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "message/address.h"
#include "message/address_list.h"
#include "message/date.h"
#include "message/encoded_word_decoder.h"
#include "message/field_parser.h"
#include "message/mime_fields.h"
#include "message/mime_parser.h"
#include "message/parameter_decoder.h"

namespace mailstrom::message {
namespace {

absl::Status Malformed(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<std::string> DecodeQuotedPrintable(absl::string_view text) {
  std::string data;
  while (!text.empty()) {
    const size_t equals = std::min(text.find('='), text.size());
    absl::StrAppend(&data, text.substr(0, equals));
    text.remove_prefix(equals);
    if (text.empty() || absl::ConsumePrefix(&text, "=\r\n")) continue;
    const absl::string_view digits = text.substr(1, 2);
    if (digits.size() != 2 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
      return Malformed("quoted-printable");
    }
    absl::StrAppend(&data, absl::HexStringToBytes(digits));
    text.remove_prefix(3);
  }
  return data;
}

absl::StatusOr<std::string> DecodeBody(absl::string_view body, DeclaredEncoding encoding) {
  switch (encoding) {
    case DeclaredEncoding::k7Bit:
      return std::string(body);
    case DeclaredEncoding::kQuotedPrintable:
      return DecodeQuotedPrintable(body);
    case DeclaredEncoding::kBase64: {
      std::string data;
      if (!absl::Base64Unescape(body, &data)) return Malformed("base64");
      return data;
    }
    default:
      return Malformed("transfer encoding");
  }
}

std::string CanonicalLines(absl::string_view text) {
  std::string lines;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      lines.push_back(text[i]);
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    lines.append("\r\n");
  }
  if (!lines.empty() && !absl::EndsWith(lines, "\r\n")) lines.append("\r\n");
  return lines;
}

std::string TypeName(const ContentType& type) {
  std::string name = absl::StrCat(type.type, "/", type.subtype);
  std::vector<MimeParameter> parameters = type.parameters;
  std::sort(parameters.begin(), parameters.end(),
            [](const MimeParameter& a, const MimeParameter& b) { return a.name < b.name; });
  for (const MimeParameter& parameter : parameters) {
    absl::StrAppend(&name, ";", parameter.name, "=", parameter.value);
  }
  return name;
}

void NormalizeMailbox(Mailbox& mailbox) {
  const absl::StatusOr<AddrSpec> addr_spec = ParseAddrSpec(mailbox.address);
  if (addr_spec.ok()) mailbox.address = addr_spec->ToString();
}

void NormalizeAddresses(std::vector<Address>& addresses) {
  for (Address& address : addresses) {
    if (auto* mailbox = std::get_if<Mailbox>(&address)) {
      NormalizeMailbox(*mailbox);
    } else {
      for (Mailbox& member : std::get<Group>(address).members) NormalizeMailbox(member);
    }
  }
}

class MessageReader {
 public:
  explicit MessageReader(absl::string_view message)
      : message_(message), tree_(ParseMime(message)) {}

  absl::StatusOr<Content> Read() && {
    if (!tree_.problems.empty()) return Malformed(tree_.problems.front().description);
    const HeaderBlock& header = tree_.parts.front().header;
    if (!header.problems.empty()) return Malformed(header.problems.front().description);
    for (const Field& field : header.fields) {
      const absl::Status status = ReadField(field);
      if (!status.ok()) return Malformed(absl::StrCat(field.name, ": ", status.message()));
    }
    for (const MimePart& part : tree_.parts) RETURN_IF_ERROR(ReadPart(part));
    return std::move(content_);
  }

 private:
  absl::Status ReadAddresses(const Field& field, std::vector<Address>& addresses) {
    ASSIGN_OR_RETURN(addresses, ParseAddressList(field.value));
    return absl::OkStatus();
  }

  absl::Status ReadSender(const Field& field) {
    std::vector<Address> addresses;
    RETURN_IF_ERROR(ReadAddresses(field, addresses));
    if (addresses.size() != 1 || !std::holds_alternative<Mailbox>(addresses.front())) {
      return Malformed("not one mailbox");
    }
    content_.sender = std::get<Mailbox>(addresses.front());
    return absl::OkStatus();
  }

  absl::Status ReadDate(const Field& field) {
    ASSIGN_OR_RETURN(content_.date, ParseDate(field.value));
    return absl::OkStatus();
  }

  absl::Status ReadTo(const Field& field) {
    RETURN_IF_ERROR(ReadAddresses(field, content_.to));
    if (Unfold(field.value) == "undisclosed-recipients:;") content_.to.clear();
    return absl::OkStatus();
  }

  // Identifiers or addresses in angle brackets, with `separator` between them.
  absl::Status ReadBracketed(const Field& field, absl::string_view separator,
                             std::vector<std::string>& values) {
    const std::string text = Unfold(field.value);
    for (absl::string_view value : absl::StrSplit(text, separator)) {
      if (!absl::ConsumePrefix(&value, "<") || !absl::ConsumeSuffix(&value, ">")) {
        return Malformed("angle brackets");
      }
      values.emplace_back(value);
    }
    return absl::OkStatus();
  }

  absl::Status ReadMessageId(const Field& field) {
    std::vector<std::string> ids;
    RETURN_IF_ERROR(ReadBracketed(field, " ", ids));
    if (ids.size() != 1) return Malformed("not one identifier");
    content_.message_id = ids.front();
    return absl::OkStatus();
  }

  absl::Status ReadField(const Field& field) {
    if (field.Is("From")) return ReadAddresses(field, content_.from);
    if (field.Is("Sender")) return ReadSender(field);
    if (field.Is("Reply-To")) return ReadAddresses(field, content_.reply_to);
    if (field.Is("To")) return ReadTo(field);
    if (field.Is("Cc")) return ReadAddresses(field, content_.cc);
    if (field.Is("Date")) return ReadDate(field);
    if (field.Is("Message-ID")) return ReadMessageId(field);
    if (field.Is("In-Reply-To")) return ReadBracketed(field, " ", content_.in_reply_to);
    if (field.Is("References")) return ReadBracketed(field, " ", content_.references);
    if (field.Is("List-Unsubscribe")) {
      return ReadBracketed(field, ", ", content_.list_unsubscribe_uris);
    }
    const std::string text = DecodeEncodedWords(Unfold(field.value));
    if (field.Is("Subject")) {
      content_.subject = text;
    } else if (!field.Is("MIME-Version") && !field.Is("List-Unsubscribe-Post") &&
               !absl::StartsWithIgnoreCase(field.name, "Content-")) {
      content_.headers.push_back({std::string(field.name), text});
    }
    return absl::OkStatus();
  }

  absl::Status ReadPart(const MimePart& part) {
    if (part.is_embedded || part.kind == MimePart::Kind::kMultipart) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::string data,
                     DecodeBody(message_.substr(part.body_begin, part.body_end - part.body_begin),
                                part.encoding));
    const Field* disposition = part.header.Find("Content-Disposition");
    if (disposition == nullptr) {
      (part.content_type.subtype == "html" ? content_.html : content_.text) = std::move(data);
      return absl::OkStatus();
    }
    Attachment attachment;
    attachment.data = std::move(data);
    ContentType type = part.content_type;
    type.parameters = DecodeParameters(type.parameters);
    attachment.content_type = TypeName(type);
    // The grammar is that of Content-Type, but for a subtype.
    ASSIGN_OR_RETURN(type, ParseContentType(absl::StrCat("x/", Unfold(disposition->value))));
    for (const MimeParameter& parameter : DecodeParameters(type.parameters)) {
      if (parameter.name == "filename") attachment.filename = parameter.value;
    }
    if (const Field* id = part.header.Find("Content-ID"); id != nullptr) {
      std::vector<std::string> ids;
      RETURN_IF_ERROR(ReadBracketed(*id, " ", ids));
      attachment.content_id = ids.front();
    }
    content_.attachments.push_back(std::move(attachment));
    return absl::OkStatus();
  }

  const absl::string_view message_;
  const MimeTree tree_;
  Content content_;
};

bool Equal(const Mailbox& a, const Mailbox& b) {
  return a.address == b.address && a.display_name == b.display_name;
}

bool Equal(const Address& a, const Address& b) {
  if (a.index() != b.index()) return false;
  if (const auto* mailbox = std::get_if<Mailbox>(&a)) return Equal(*mailbox, std::get<Mailbox>(b));
  const auto& group = std::get<Group>(a);
  const auto& other = std::get<Group>(b);
  return group.display_name == other.display_name &&
         std::equal(group.members.begin(), group.members.end(), other.members.begin(),
                    other.members.end(),
                    [](const Mailbox& x, const Mailbox& y) { return Equal(x, y); });
}

bool Equal(const std::vector<Address>& a, const std::vector<Address>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Address& x, const Address& y) { return Equal(x, y); });
}

bool Equal(const Attachment& a, const Attachment& b) {
  return a.filename == b.filename && a.content_type == b.content_type && a.data == b.data &&
         a.content_id == b.content_id;
}

bool Equal(const HeaderField& a, const HeaderField& b) {
  return a.name == b.name && a.value == b.value;
}

template <typename T>
bool EqualLists(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& x, const T& y) { return Equal(x, y); });
}

}  // namespace

absl::StatusOr<Content> ReadMessage(absl::string_view message) {
  return MessageReader(message).Read();
}

Content NormalizeContent(Content content) {
  if (content.sender.has_value() && content.from.size() == 1) {
    const auto* author = std::get_if<Mailbox>(&content.from.front());
    if (author != nullptr && author->address == content.sender->address &&
        (content.sender->display_name.empty() ||
         content.sender->display_name == author->display_name)) {
      content.sender.reset();
    }
  }
  for (auto* addresses : {&content.from, &content.reply_to, &content.to, &content.cc}) {
    NormalizeAddresses(*addresses);
  }
  if (content.sender.has_value()) NormalizeMailbox(*content.sender);
  content.bcc.clear();
  content.text = CanonicalLines(content.text);
  content.html = CanonicalLines(content.html);
  for (Attachment& attachment : content.attachments) {
    const absl::StatusOr<ContentType> type = ParseContentType(
        attachment.content_type.empty() ? "application/octet-stream" : attachment.content_type);
    if (type.ok()) attachment.content_type = TypeName(*type);
  }
  if (!content.html.empty()) {
    // Inline ones stand beside the HTML, before the others.
    std::vector<Attachment> sorted;
    for (const bool is_inline : {true, false}) {
      for (Attachment& attachment : content.attachments) {
        if (attachment.content_id.empty() != is_inline) sorted.push_back(attachment);
      }
    }
    content.attachments = std::move(sorted);
  }
  return content;
}

std::string DescribeDifference(const Content& got, const Content& want) {
  if (!Equal(got.from, want.from)) return "from";
  if (got.sender.has_value() != want.sender.has_value() ||
      (got.sender.has_value() && !Equal(*got.sender, *want.sender))) {
    return "sender";
  }
  if (!Equal(got.reply_to, want.reply_to)) return "reply_to";
  if (!Equal(got.to, want.to)) return "to";
  if (!Equal(got.cc, want.cc)) return "cc";
  if (!got.bcc.empty()) return "bcc";
  if (got.subject != want.subject) return absl::StrCat("subject: ", got.subject);
  if (got.date != want.date) return "date";
  if (got.message_id != want.message_id) return absl::StrCat("message_id: ", got.message_id);
  if (got.in_reply_to != want.in_reply_to) return "in_reply_to";
  if (got.references != want.references) return "references";
  if (got.text != want.text) return absl::StrCat("text: ", got.text);
  if (got.html != want.html) return absl::StrCat("html: ", got.html);
  if (!EqualLists(got.attachments, want.attachments)) return "attachments";
  if (!EqualLists(got.headers, want.headers)) return "headers";
  if (got.list_unsubscribe_uris != want.list_unsubscribe_uris) return "list_unsubscribe_uris";
  return "";
}

}  // namespace mailstrom::message
