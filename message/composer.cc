#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "message/address.h"
#include "message/body_writer.h"
#include "message/content_checker.h"
#include "message/date.h"
#include "message/envelope_builder.h"
#include "message/field_writer.h"
#include "message/message.h"
#include "message/message_id.h"

namespace mailstrom::message {
namespace {

// Writes the header fields that are not of MIME, of a content that has passed CheckContent.
class HeaderWriter {
 public:
  HeaderWriter(const Content& content, std::string& out) : content_(content), out_(out) {}

  void Write(absl::Time date, absl::string_view message_id) {
    WriteText("Date", FormatDate(date));
    WriteOriginators();
    WriteRecipients();
    if (!content_.subject.empty()) WriteText("Subject", content_.subject);
    WriteIds("Message-ID", {std::string(message_id)});
    WriteIds("In-Reply-To", content_.in_reply_to);
    WriteIds("References", content_.references);
    WriteListUnsubscribe();
    for (const HeaderField& header : content_.headers) WriteText(header.name, header.value);
  }

  bool needs_smtputf8() const { return needs_smtputf8_; }

 private:
  void WriteText(absl::string_view name, absl::string_view value) {
    FieldWriter field(name, out_);
    field.AddText(value);
    field.Finish();
  }

  // As a header field takes it: the domain in A-labels, so that only a local-part can need UTF-8.
  std::string AddressText(const Mailbox& mailbox) {
    const absl::StatusOr<AddrSpec> addr_spec = ParseAddrSpec(mailbox.address);
    if (!addr_spec.ok()) return mailbox.address;
    needs_smtputf8_ = needs_smtputf8_ || addr_spec->has_utf8_local_part();
    return addr_spec->ToString();
  }

  void AddMailbox(FieldWriter& field, const Mailbox& mailbox, absl::string_view suffix) {
    const std::string address = AddressText(mailbox);
    if (mailbox.display_name.empty()) {
      field.AddToken(absl::StrCat(address, suffix));
    } else {
      field.AddPhrase(mailbox.display_name, "");
      field.AddToken(absl::StrCat("<", address, ">", suffix));
    }
  }

  void AddGroup(FieldWriter& field, const Group& group, absl::string_view suffix) {
    if (group.members.empty()) {
      field.AddPhrase(group.display_name, absl::StrCat(":;", suffix));
      return;
    }
    field.AddPhrase(group.display_name, ":");
    for (size_t i = 0; i < group.members.size(); ++i) {
      const bool is_last = i + 1 == group.members.size();
      AddMailbox(field, group.members[i], is_last ? absl::StrCat(";", suffix) : ",");
    }
  }

  void WriteAddresses(absl::string_view name, const std::vector<Address>& addresses) {
    if (addresses.empty()) return;
    FieldWriter field(name, out_);
    for (size_t i = 0; i < addresses.size(); ++i) {
      const absl::string_view suffix = i + 1 < addresses.size() ? "," : "";
      if (const auto* mailbox = std::get_if<Mailbox>(&addresses[i])) {
        AddMailbox(field, *mailbox, suffix);
      } else {
        AddGroup(field, std::get<Group>(addresses[i]), suffix);
      }
    }
    field.Finish();
  }

  // A Sender that only repeats From should not be (RFC 5322 §3.6.2).
  bool IsSenderTheAuthor() const {
    if (content_.from.size() != 1) return false;
    const auto* author = std::get_if<Mailbox>(&content_.from.front());
    return author != nullptr && author->address == content_.sender->address &&
           (content_.sender->display_name.empty() ||
            content_.sender->display_name == author->display_name);
  }

  void WriteOriginators() {
    WriteAddresses("From", content_.from);
    if (content_.sender.has_value() && !IsSenderTheAuthor()) {
      WriteAddresses("Sender", {Address(*content_.sender)});
    }
    WriteAddresses("Reply-To", content_.reply_to);
  }

  void WriteRecipients() {
    WriteAddresses("To", content_.to);
    WriteAddresses("Cc", content_.cc);
    // A header that names no recipient looks like spam to many filters.
    if (content_.to.empty() && content_.cc.empty()) {
      out_.append("To: undisclosed-recipients:;\r\n");
    }
  }

  void WriteIds(absl::string_view name, const std::vector<std::string>& ids) {
    if (ids.empty()) return;
    FieldWriter field(name, out_);
    field.AddFirstToken(absl::StrCat("<", ids.front(), ">"));
    for (size_t i = 1; i < ids.size(); ++i) field.AddToken(absl::StrCat("<", ids[i], ">"));
    field.Finish();
  }

  void WriteListUnsubscribe() {
    const std::vector<std::string>& uris = content_.list_unsubscribe_uris;
    if (uris.empty()) return;
    bool has_https = false;
    FieldWriter field("List-Unsubscribe", out_);
    for (size_t i = 0; i < uris.size(); ++i) {
      field.AddToken(absl::StrCat("<", uris[i], ">", i + 1 < uris.size() ? "," : ""));
      has_https = has_https || absl::StartsWithIgnoreCase(uris[i], "https:");
    }
    field.Finish();
    if (has_https) out_.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
  }

  const Content& content_;
  std::string& out_;
  bool needs_smtputf8_ = false;
};

Envelope DeriveEnvelope(const Content& content) {
  EnvelopeBuilder builder;
  builder.SetOriginators(content.from, content.sender.has_value() ? &*content.sender : nullptr);
  builder.AddRecipients(content.to);
  builder.AddRecipients(content.cc);
  builder.AddRecipients(content.bcc);
  return std::move(builder).Build();
}

}  // namespace

Prepared Compose(const Content& content, const ComposeContext& context) {
  Prepared prepared;
  ContentReport report = CheckContent(content, context.now);
  prepared.violations = std::move(report.violations);
  prepared.warnings = std::move(report.warnings);
  if (!prepared.violations.empty()) return prepared;
  Message& message = prepared.message;
  message.message_id = content.message_id.empty()
                           ? MakeMessageId(context.now, context.host_name, *context.random)
                           : content.message_id;
  HeaderWriter writer(content, message.bytes);
  writer.Write(content.date.value_or(context.now), message.message_id);
  AppendBody(content, *context.random, message.bytes);
  message.needs_smtputf8 = writer.needs_smtputf8();
  message.is_8bit = message.needs_smtputf8;
  prepared.envelope = DeriveEnvelope(content);
  return prepared;
}

}  // namespace mailstrom::message
