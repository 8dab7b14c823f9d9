#include "server/submission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/duration_text.h"
#include "message/address.h"
#include "message/dkim_signer.h"
#include "message/eight_bit_converter.h"
#include "server/api_conversion.h"
#include "storage/email_id.h"

namespace mailstrom::server {
namespace {

using Violations = std::vector<message::Violation>;

// Paths of the message's own violations start at the request.
Violations AtContent(Violations violations) {
  for (message::Violation& violation : violations)
    violation.field = absl::StrCat("content.", violation.field);
  return violations;
}

Violations AtRawMessage(Violations violations) {
  for (message::Violation& violation : violations) {
    violation.description = absl::StrCat(violation.field, ": ", violation.description);
    violation.field = "raw_message";
  }
  return violations;
}

message::Prepared PrepareMessage(const v1::SendEmailRequest& request,
                                 const message::ComposeContext& context) {
  message::Prepared prepared;
  switch (request.message_case()) {
    case v1::SendEmailRequest::kContent:
      prepared = message::Compose(FromApi(request.content()), context);
      prepared.violations = AtContent(std::move(prepared.violations));
      prepared.warnings = AtContent(std::move(prepared.warnings));
      break;
    case v1::SendEmailRequest::kRawMessage:
      prepared = message::CheckRaw(request.raw_message(), context);
      prepared.violations = AtRawMessage(std::move(prepared.violations));
      prepared.warnings = AtRawMessage(std::move(prepared.warnings));
      break;
    case v1::SendEmailRequest::MESSAGE_NOT_SET:
      break;
  }
  return prepared;
}

const char* MessageField(const v1::SendEmailRequest& request) {
  return request.message_case() == v1::SendEmailRequest::kContent ? "content" : "raw_message";
}

// Who is served: as the caller says, else as the message says.
message::Envelope ChooseEnvelope(const v1::SendEmailRequest& request, message::Envelope derived) {
  if (!request.has_envelope()) return derived;
  message::Envelope envelope;
  envelope.reverse_path = request.envelope().reverse_path();
  envelope.forward_paths.assign(request.envelope().forward_paths().begin(),
                                request.envelope().forward_paths().end());
  return envelope;
}

const char* AuthorField(const v1::SendEmailRequest& request) {
  return request.message_case() == v1::SendEmailRequest::kContent ? "content.from" : "raw_message";
}

// Signs with the keys of the author's domain. False: there are none.
bool Sign(const message::DkimKeyRing& ring, absl::Time now, message::Message& message) {
  if (ring.empty()) return false;
  const message::DkimDomainKeys* keys = ring.Find(message::AuthorDomain(message.bytes));
  if (keys == nullptr) return false;
  if (message.is_8bit) {
    // A hop without 8BITMIME would have to break the signature. What cannot be converted is signed
    // as it is, and such a hop does not get it.
    if (absl::StatusOr<std::string> converted = message::ConvertTo7Bit(message.bytes);
        converted.ok()) {
      message.bytes = *std::move(converted);
      message.is_8bit = false;
    }
  }
  message.bytes.insert(0, message::DkimSign(message.bytes, *keys, now));
  return true;
}

storage::RetryOverrides ToOverrides(const v1::RetryPolicy& policy) {
  storage::RetryOverrides overrides;
  if (policy.has_max_retries()) overrides.max_retries = policy.max_retries();
  if (policy.has_initial_delay()) overrides.initial_delay = FromProto(policy.initial_delay());
  if (policy.has_max_delay()) overrides.max_delay = FromProto(policy.max_delay());
  if (policy.has_multiplier()) overrides.multiplier = policy.multiplier();
  return overrides;
}

bool HasUtf8LocalPart(const std::string& path) {
  const auto parsed = message::ParseAddrSpec(path);
  return parsed.ok() && parsed->has_utf8_local_part();
}

storage::EmailRecord MakeRecord(const v1::SendEmailRequest& request,
                                const SubmissionOptions& options, const message::Message& message,
                                const message::Envelope& envelope, absl::Time now, absl::Time due,
                                RandomSource& random) {
  storage::EmailRecord record;
  record.email_id = storage::NewEmailId(now, random);
  record.message_id = message.message_id;
  record.reverse_path = envelope.reverse_path;
  record.accept_time = now;
  record.expire_time =
      due + (request.retry_policy().has_lifetime() ? FromProto(request.retry_policy().lifetime())
                                                   : options.default_lifetime);
  record.size_bytes = static_cast<int64_t>(message.bytes.size());
  record.recipient_count = static_cast<int>(envelope.forward_paths.size());
  record.is_8bit = message.is_8bit;
  record.needs_smtputf8 = message.needs_smtputf8 || HasUtf8LocalPart(envelope.reverse_path);
  record.tags.insert(request.tags().begin(), request.tags().end());
  record.retry = ToOverrides(request.retry_policy());
  return record;
}

}  // namespace

Submission PrepareSubmission(const v1::SendEmailRequest& request, const SubmissionOptions& options,
                             const message::DkimKeyRing& keys, absl::Time now,
                             RandomSource& random) {
  Submission out;
  out.violations = ValidateSend(request, options.limits, now);
  // An oversized message is not worth composing.
  const bool oversized =
      std::any_of(out.violations.begin(), out.violations.end(), [](const auto& violation) {
        return violation.field == "content" || violation.field == "raw_message";
      });
  if (oversized) return out;

  message::Prepared prepared = PrepareMessage(request, {now, options.host_name, &random});
  out.warnings = std::move(prepared.warnings);
  std::move(prepared.violations.begin(), prepared.violations.end(),
            std::back_inserter(out.violations));
  if (!out.violations.empty()) return out;

  if (!Sign(keys, now, prepared.message)) {
    out.warnings.push_back(
        {AuthorField(request),
         "is of a domain without a DKIM key here; receivers trust signed mail more"});
  }
  const int64_t size = static_cast<int64_t>(prepared.message.bytes.size());
  if (size > options.limits.max_message_bytes) {
    out.violations.push_back(
        {MessageField(request), absl::StrCat("makes a message of ", size, " bytes; at most ",
                                             options.limits.max_message_bytes)});
  }
  const message::Envelope envelope = ChooseEnvelope(request, std::move(prepared.envelope));
  if (envelope.forward_paths.empty()) {
    out.violations.push_back(
        {MessageField(request), "names no recipient; at least one in To, Cc, Bcc or the envelope"});
  } else if (envelope.forward_paths.size() > static_cast<size_t>(options.limits.max_recipients)) {
    out.violations.push_back(
        {MessageField(request),
         absl::StrCat("names ", envelope.forward_paths.size(), " recipients; at most ",
                      options.limits.max_recipients)});
  }
  if (!out.violations.empty()) return out;

  const absl::Time due =
      request.has_send_time() ? std::max(now, FromTimestamp(request.send_time())) : now;
  out.email.record = MakeRecord(request, options, prepared.message, envelope, now, due, random);
  for (const std::string& path : envelope.forward_paths) {
    storage::Recipient recipient;
    recipient.address = path;
    recipient.next_attempt_time = due;
    out.email.recipients.push_back(std::move(recipient));
  }
  out.content = std::move(prepared.message.bytes);
  return out;
}

}  // namespace mailstrom::server
