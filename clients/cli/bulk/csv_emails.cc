#include "clients/cli/bulk/csv_emails.h"

#include <set>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "clients/cli/utf8.h"
#include "message/address_list.h"

namespace mailstrom::cli {
namespace {

using Addresses = google::protobuf::RepeatedPtrField<v1::Address>;

constexpr absl::string_view kTagPrefix = "tag.";

void AddMailbox(const message::Mailbox& mailbox, v1::Mailbox& added) {
  added.set_address(mailbox.address);
  added.set_display_name(mailbox.display_name);
}

absl::Status SetAddresses(absl::string_view cell, Addresses& addresses) {
  ASSIGN_OR_RETURN(const std::vector<message::Address> parsed, message::ParseAddressList(cell));
  addresses.Clear();
  for (const message::Address& address : parsed) {
    if (const auto* mailbox = std::get_if<message::Mailbox>(&address)) {
      AddMailbox(*mailbox, *addresses.Add()->mutable_mailbox());
      continue;
    }
    const auto& group = std::get<message::Group>(address);
    v1::Group& added = *addresses.Add()->mutable_group();
    added.set_display_name(group.display_name);
    for (const message::Mailbox& member : group.members) AddMailbox(member, *added.add_members());
  }
  return absl::OkStatus();
}

// Null when the column has no addresses.
Addresses* AddressesOf(absl::string_view column, v1::Content& content) {
  if (column == "from") return content.mutable_from();
  if (column == "to") return content.mutable_to();
  if (column == "cc") return content.mutable_cc();
  if (column == "bcc") return content.mutable_bcc();
  if (column == "reply-to") return content.mutable_reply_to();
  return nullptr;
}

absl::Status SetCell(absl::string_view column, const std::string& cell,
                     v1::SendEmailRequest& request) {
  v1::Content& content = *request.mutable_content();
  if (Addresses* const addresses = AddressesOf(column, content)) {
    return SetAddresses(cell, *addresses);
  }
  if (column == "subject") content.set_subject(cell);
  if (column == "text") content.set_text(cell);
  if (column == "html") content.set_html(cell);
  if (absl::ConsumePrefix(&column, kTagPrefix)) {
    (*request.mutable_tags())[std::string(column)] = cell;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CsvEmails>> CsvEmails::Open(std::istream& in,
                                                           v1::SendEmailRequest shared) {
  std::unique_ptr<CsvEmails> emails(new CsvEmails(in, std::move(shared)));
  const absl::Status columns = emails->ReadColumns();
  if (!columns.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", emails->reader_.line(), ": ", columns.message()));
  }
  RETURN_IF_ERROR(emails->ReadPlaceholders());
  return emails;
}

absl::Status CsvEmails::ReadColumns() {
  ASSIGN_OR_RETURN(const bool any, reader_.Next(columns_));
  if (!any) return absl::InvalidArgumentError("there is no first line with the names of columns");
  std::set<std::string> seen;
  for (std::string& column : columns_) {
    column = absl::AsciiStrToLower(absl::StripAsciiWhitespace(column));
    if (column.empty()) return absl::InvalidArgumentError("a column has no name");
    if (!IsUtf8(column)) return absl::InvalidArgumentError("a name is not UTF-8 text");
    if (!seen.insert(column).second) {
      return absl::InvalidArgumentError(absl::StrCat("there are two columns '", column, "'"));
    }
  }
  const v1::Content& content = shared_.content();
  const bool has_recipients = content.to_size() + content.cc_size() + content.bcc_size() > 0 ||
                              shared_.envelope().forward_paths_size() > 0 || seen.count("to") > 0 ||
                              seen.count("cc") > 0 || seen.count("bcc") > 0;
  if (has_recipients) return absl::OkStatus();
  return absl::InvalidArgumentError("there is no column `to`: the first line names the columns");
}

absl::Status CsvEmails::ReadPlaceholders() {
  const v1::Content& content = shared_.content();
  ASSIGN_OR_RETURN(subject_, PlaceholderText::Parse(content.subject(), columns_));
  ASSIGN_OR_RETURN(text_, PlaceholderText::Parse(content.text(), columns_));
  ASSIGN_OR_RETURN(html_, PlaceholderText::Parse(content.html(), columns_));
  return absl::OkStatus();
}

std::optional<BulkEmail> CsvEmails::Next() {
  if (ended_) return std::nullopt;
  std::vector<std::string> record;
  const absl::StatusOr<bool> any = reader_.Next(record);
  if (any.ok() && !*any) return std::nullopt;
  BulkEmail email;
  email.number = ++count_;
  email.line = reader_.line();
  ended_ = !any.ok();
  email.is_end = ended_;
  email.request = any.ok() ? MakeRequest(record) : any.status();
  return email;
}

absl::StatusOr<v1::SendEmailRequest> CsvEmails::MakeRequest(
    const std::vector<std::string>& record) const {
  if (record.size() != columns_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(record.size(), " fields for ", columns_.size(), " columns"));
  }
  for (size_t i = 0; i < record.size(); ++i) {
    if (!IsUtf8(record[i])) {
      return absl::InvalidArgumentError(absl::StrCat(columns_[i], " is not UTF-8 text"));
    }
  }
  v1::SendEmailRequest request = shared_;
  v1::Content& content = *request.mutable_content();
  content.set_subject(subject_->Fill(record, /*html=*/false));
  content.set_text(text_->Fill(record, /*html=*/false));
  content.set_html(html_->Fill(record, /*html=*/true));
  for (size_t i = 0; i < record.size(); ++i) {
    if (absl::StripAsciiWhitespace(record[i]).empty()) continue;
    const absl::Status status = SetCell(columns_[i], record[i], request);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(columns_[i], ": ", status.message()));
    }
  }
  if (content.to_size() + content.cc_size() + content.bcc_size() == 0 &&
      request.envelope().forward_paths().empty()) {
    return absl::InvalidArgumentError("there is no recipient");
  }
  return request;
}

}  // namespace mailstrom::cli
