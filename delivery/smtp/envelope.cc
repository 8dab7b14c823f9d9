#include "delivery/smtp/envelope.h"

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery::smtp {
namespace {

bool IsAscii(absl::string_view text) {
  return absl::c_all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Submission has refused these; should one get here all the same, it must not become a command.
bool HasControl(absl::string_view path) {
  return absl::c_any_of(path, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// Without any forward-path that needs it.
bool MessageNeedsSmtpUtf8(const Transaction& transaction) {
  return transaction.needs_smtputf8 || !IsAscii(transaction.reverse_path);
}

Obstacle TransactionObstacle(const Transaction& transaction, const Capabilities& capabilities) {
  if (HasControl(transaction.reverse_path))
    return {"5.1.7", "the reverse-path has control characters"};
  const uint64_t size = SizeBytes(transaction);
  if (capabilities.max_size_bytes > 0 && size > capabilities.max_size_bytes) {
    return {"5.3.4", absl::StrCat("the message has ", size, " bytes, the server takes at most ",
                                  capabilities.max_size_bytes)};
  }
  if (transaction.is_8bit && !capabilities.eight_bit_mime) {
    return {"5.6.3", "the message has 8-bit content, the server does not offer 8BITMIME"};
  }
  if (MessageNeedsSmtpUtf8(transaction) && !capabilities.smtputf8) {
    return {"5.6.7",
            "the message has internationalised addresses, the server does not offer SMTPUTF8"};
  }
  return {};
}

Obstacle RecipientObstacle(absl::string_view forward_path, const Capabilities& capabilities) {
  if (HasControl(forward_path)) return {"5.1.3", "the address has control characters"};
  if (!IsAscii(forward_path) && !capabilities.smtputf8) {
    return {"5.6.7", "the address is internationalised, the server does not offer SMTPUTF8"};
  }
  return {};
}

bool UsesDsn(const Transaction& transaction, const Capabilities& capabilities) {
  return capabilities.dsn && transaction.dsn.has_value();
}

// RFC 3461 §4.
std::string Xtext(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c > 0x20 && c < 0x7f && c != '+' && c != '=') {
      encoded += c;
    } else {
      absl::StrAppend(&encoded, absl::StrFormat("+%02X", static_cast<unsigned char>(c)));
    }
  }
  return encoded;
}

void AppendDsnOfMail(const DsnRequest& dsn, std::string& command) {
  // RFC 3461 §4.4.
  constexpr size_t kMaxEnvelopeIdBytes = 100;
  if (dsn.content == DsnRequest::Return::kFull) absl::StrAppend(&command, " RET=FULL");
  if (dsn.content == DsnRequest::Return::kHeaders) absl::StrAppend(&command, " RET=HDRS");
  const std::string envelope_id = Xtext(dsn.envelope_id);
  if (!envelope_id.empty() && envelope_id.size() <= kMaxEnvelopeIdBytes) {
    absl::StrAppend(&command, " ENVID=", envelope_id);
  }
}

void AppendDsnOfRcpt(const DsnRequest& dsn, size_t recipient, std::string& command) {
  if (dsn.notify.has_value()) {
    std::vector<absl::string_view> events;
    if (dsn.notify->success) events.push_back("SUCCESS");
    if (dsn.notify->failure) events.push_back("FAILURE");
    if (dsn.notify->delay) events.push_back("DELAY");
    absl::StrAppend(&command, " NOTIFY=", events.empty() ? "NEVER" : absl::StrJoin(events, ","));
  }
  if (recipient >= dsn.original_recipients.size()) return;
  const std::string& original = dsn.original_recipients[recipient];
  // The address type rfc822 is ASCII only, and utf-8 (RFC 6533) says no more than the path itself.
  if (!original.empty() && IsAscii(original)) {
    absl::StrAppend(&command, " ORCPT=rfc822;", Xtext(original));
  }
}

}  // namespace

Obstacles FindObstacles(const Transaction& transaction, const Capabilities& capabilities) {
  Obstacles obstacles;
  obstacles.transaction = TransactionObstacle(transaction, capabilities);
  for (const std::string& forward_path : transaction.forward_paths) {
    obstacles.recipients.push_back(RecipientObstacle(forward_path, capabilities));
  }
  return obstacles;
}

uint64_t SizeBytes(const Transaction& transaction) {
  const std::string& message = *transaction.message;
  return message.size() + (message.empty() || absl::EndsWith(message, "\r\n") ? 0 : 2);
}

std::string MailCommand(const Transaction& transaction, const Capabilities& capabilities) {
  std::string command = absl::StrCat("MAIL FROM:<", transaction.reverse_path, ">");
  if (capabilities.size) absl::StrAppend(&command, " SIZE=", SizeBytes(transaction));
  if (transaction.is_8bit) absl::StrAppend(&command, " BODY=8BITMIME");
  const bool has_utf8_path =
      absl::c_any_of(transaction.forward_paths, [](const std::string& p) { return !IsAscii(p); });
  if (capabilities.smtputf8 && (MessageNeedsSmtpUtf8(transaction) || has_utf8_path)) {
    absl::StrAppend(&command, " SMTPUTF8");
  }
  if (UsesDsn(transaction, capabilities)) AppendDsnOfMail(*transaction.dsn, command);
  return absl::StrCat(command, "\r\n");
}

std::string RcptCommand(const Transaction& transaction, size_t recipient,
                        const Capabilities& capabilities) {
  std::string command = absl::StrCat("RCPT TO:<", transaction.forward_paths[recipient], ">");
  if (UsesDsn(transaction, capabilities)) AppendDsnOfRcpt(*transaction.dsn, recipient, command);
  return absl::StrCat(command, "\r\n");
}

}  // namespace mailstrom::delivery::smtp
