#include "message/raw_message_header.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "message/address.h"
#include "message/address_list.h"
#include "message/cfws.h"
#include "message/date.h"
#include "message/envelope_builder.h"
#include "message/message_id.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

enum class Syntax { kText, kDate, kFrom, kSender, kAddresses, kBlind, kMessageId };

struct Rule {
  absl::string_view name;
  Syntax syntax;
  bool once;
};

// RFC 5322 §3.6, RFC 2045 §3 and RFC 2183 §2.
constexpr Rule kRules[] = {
    {"Date", Syntax::kDate, true},
    {"From", Syntax::kFrom, true},
    {"Sender", Syntax::kSender, true},
    {"Reply-To", Syntax::kAddresses, true},
    {"To", Syntax::kAddresses, true},
    {"Cc", Syntax::kAddresses, true},
    {"Bcc", Syntax::kBlind, true},
    {"Message-ID", Syntax::kMessageId, true},
    {"In-Reply-To", Syntax::kText, true},
    {"References", Syntax::kText, true},
    {"Subject", Syntax::kText, true},
    {"MIME-Version", Syntax::kText, true},
    {"Content-Type", Syntax::kText, true},
    {"Content-Transfer-Encoding", Syntax::kText, true},
    {"Content-Disposition", Syntax::kText, true},
    {"Content-ID", Syntax::kText, true},
    {"Content-Description", Syntax::kText, true},
    {"Resent-Date", Syntax::kDate, false},
    {"Resent-From", Syntax::kFrom, false},
    {"Resent-Sender", Syntax::kSender, false},
    {"Resent-To", Syntax::kAddresses, false},
    {"Resent-Cc", Syntax::kAddresses, false},
    {"Resent-Bcc", Syntax::kBlind, false},
    {"Resent-Message-ID", Syntax::kMessageId, false},
};
constexpr size_t kRuleCount = std::size(kRules);

// The index of the rule for `field`, or kRuleCount.
size_t RuleFor(const Field& field) {
  return static_cast<size_t>(std::find_if(kRules, kRules + kRuleCount,
                                          [&](const Rule& rule) { return field.Is(rule.name); }) -
                             kRules);
}

class Checker {
 public:
  explicit Checker(const HeaderBlock& header) : header_(header) {}

  HeaderFindings Run() {
    for (const HeaderProblem& problem : header_.problems) Add(problem.line, problem.description);
    for (const Field& field : header_.fields) Check(field);
    CheckOriginator();
    findings_.envelope = std::move(envelope_).Build();
    return std::move(findings_);
  }

 private:
  void Add(size_t line, absl::string_view description) {
    findings_.violations.push_back({absl::StrCat("line ", line), std::string(description)});
  }

  void AddSyntax(const Field& field, const absl::Status& status) {
    Add(field.line, absl::StrCat(field.name, ": ", status.message()));
  }

  void Check(const Field& field) {
    if (!IsValidUtf8(field.value)) {
      Add(field.line, absl::StrCat(field.name, ": 8-bit text must be UTF-8 (RFC 6532 §3.1)"));
      return;
    }
    const size_t index = RuleFor(field);
    if (index == kRuleCount) return;
    const Rule& rule = kRules[index];
    if (rule.once && first_line_[index] != 0) {
      Add(field.line,
          absl::StrCat(rule.name, " must occur only once (RFC 5322 §3.6); it stands on line ",
                       first_line_[index], " already"));
      return;
    }
    if (first_line_[index] == 0) first_line_[index] = field.line;
    CheckSyntax(field, rule);
  }

  void CheckSyntax(const Field& field, const Rule& rule) {
    switch (rule.syntax) {
      case Syntax::kText:
        return;
      case Syntax::kDate:
        CheckDate(field, rule);
        return;
      case Syntax::kMessageId:
        CheckMessageId(field, rule);
        return;
      case Syntax::kBlind:
        if (SkipCfws(field.value, 0) == field.value.size()) return;
        [[fallthrough]];
      case Syntax::kFrom:
      case Syntax::kSender:
      case Syntax::kAddresses:
        CheckAddresses(field, rule);
        return;
    }
  }

  void CheckDate(const Field& field, const Rule& rule) {
    findings_.has_date |= rule.once;
    const absl::StatusOr<absl::Time> date = ParseDate(field.value);
    if (!date.ok()) AddSyntax(field, date.status());
  }

  void CheckMessageId(const Field& field, const Rule& rule) {
    findings_.has_message_id |= rule.once;
    absl::StatusOr<std::string> id = ParseMessageId(field.value);
    if (!id.ok()) {
      AddSyntax(field, id.status());
    } else if (rule.once) {
      findings_.message_id = *std::move(id);
    }
  }

  void CheckAddresses(const Field& field, const Rule& rule) {
    absl::StatusOr<std::vector<Address>> addresses = ParseAddressList(Unfold(field.value));
    if (!addresses.ok()) {
      AddSyntax(field, addresses.status());
      return;
    }
    if (rule.syntax == Syntax::kSender && addresses->size() != 1) {
      Add(field.line, absl::StrCat(rule.name, " must name one mailbox (RFC 5322 §3.6.2)"));
      return;
    }
    for (const Address& address : *addresses) CheckPaths(field, address);
    if (rule.name == "From") {
      from_ = *std::move(addresses);
    } else if (rule.name == "Sender") {
      sender_ = *std::move(addresses);
    } else if (rule.name == "To" || rule.name == "Cc" || rule.name == "Bcc") {
      envelope_.AddRecipients(*addresses);
    }
  }

  // An address that no envelope can carry would get no answer, or no message.
  void CheckPaths(const Field& field, const Address& address) {
    if (const auto* mailbox = std::get_if<Mailbox>(&address)) {
      const absl::Status status = ParseAddrSpec(mailbox->address).status();
      if (!status.ok()) {
        Add(field.line, absl::StrCat(field.name, ": ", mailbox->address, ": ", status.message()));
      }
      return;
    }
    for (const Mailbox& member : std::get<Group>(address).members) CheckPaths(field, member);
  }

  // From and Sender together say who sent it.
  void CheckOriginator() {
    const size_t from_line = first_line_[RuleIndex("From")];
    if (from_line == 0) {
      // Where the header ends, since there is no better line.
      Add(header_.fields.empty() ? 1 : header_.fields.back().line,
          "From is missing (RFC 5322 §3.6)");
      return;
    }
    if (MailboxCount(from_) > 1 && first_line_[RuleIndex("Sender")] == 0) {
      Add(from_line, "From names several mailboxes, so there must be a Sender (RFC 5322 §3.6.2)");
      return;
    }
    envelope_.SetOriginators(from_,
                             sender_.empty() ? nullptr : std::get_if<Mailbox>(&sender_.front()));
  }

  static size_t RuleIndex(absl::string_view name) {
    return RuleFor(Field{name, /*value=*/"", /*bytes=*/"", /*line=*/0});
  }

  static size_t MailboxCount(const std::vector<Address>& addresses) {
    size_t count = 0;
    for (const Address& address : addresses) {
      const auto* group = std::get_if<Group>(&address);
      count += group == nullptr ? 1 : group->members.size();
    }
    return count;
  }

  const HeaderBlock& header_;
  // By rule; 0 when there is no such field.
  size_t first_line_[kRuleCount] = {};
  std::vector<Address> from_;
  std::vector<Address> sender_;
  EnvelopeBuilder envelope_;
  HeaderFindings findings_;
};

}  // namespace

HeaderFindings CheckHeader(const HeaderBlock& header) { return Checker(header).Run(); }

bool IsBlindField(const Field& field) { return field.Is("Bcc") || field.Is("Resent-Bcc"); }

}  // namespace mailstrom::message
