#include "server/event_log/event_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/log.h"
#include "delivery/bounce_class.h"
#include "server/traceparent.h"

namespace mailstrom::server {
namespace {

using storage::FailureCause;
using storage::Phase;
using storage::RecipientState;

const char* EventName(const storage::Recipient& recipient) {
  switch (recipient.state) {
    case RecipientState::kQueued:
      return "accepted";
    case RecipientState::kDeferred:
      return "deferred";
    case RecipientState::kDelivered:
      return "delivered";
    case RecipientState::kFailed:
      break;
  }
  if (recipient.failure_cause == FailureCause::kCancelled) return "cancelled";
  if (recipient.failure_cause == FailureCause::kExpired) return "expired";
  return "failed";
}

const char* PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kNone:
      return "none";
    case Phase::kDns:
      return "dns";
    case Phase::kConnect:
      return "connect";
    case Phase::kHello:
      return "hello";
    case Phase::kTls:
      return "tls";
    case Phase::kAuth:
      return "auth";
    case Phase::kMail:
      return "mail";
    case Phase::kRcpt:
      return "rcpt";
    case Phase::kData:
      return "data";
  }
  return "none";
}

absl::string_view DomainOf(absl::string_view address) {
  const size_t at = address.rfind('@');
  return at == absl::string_view::npos ? "" : address.substr(at + 1);
}

std::string ToText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

// Goes on with a line that has no closing brace yet.
void Add(const LogField& field, std::string& line) {
  absl::StrAppend(&line, ",\"", field.key(), "\":", field.json());
}

void AddText(const char* key, const std::string& text, std::string& line) {
  if (!text.empty()) Add({key, text}, line);
}

void AddAttempt(const storage::Attempt& attempt, std::string& line) {
  Add({"phase", PhaseName(attempt.phase)}, line);
  AddText("mx_host", attempt.mx_host, line);
  AddText("mx_address", attempt.mx_address, line);
  AddText("source_address", attempt.source_address, line);
  AddText("tls", attempt.tls, line);
  if (attempt.reply.has_value()) {
    Add({"reply_code", attempt.reply->code}, line);
    AddText("enhanced_code", attempt.reply->enhanced_code, line);
  }
  if (attempt.bounce_class != storage::BounceClass::kNone) {
    Add({"bounce_class", delivery::BounceClassName(attempt.bounce_class)}, line);
  }
  // The clock may have been set back meanwhile.
  const absl::Duration duration =
      std::max(attempt.end_time - attempt.start_time, absl::ZeroDuration());
  Add({"duration_ms", absl::ToInt64Milliseconds(duration)}, line);
}

}  // namespace

std::string EventLine(const storage::Event& event) {
  const storage::Recipient& recipient = event.recipient;
  std::string line =
      FormatLogLine(ToText(event.event_time), LogLevel::kInfo, EventName(recipient), {});
  line.pop_back();
  Add({"email_id", event.email_id}, line);
  Add({"recipient", event.recipient_index}, line);
  Add({"domain", DomainOf(recipient.address)}, line);
  Add({"revision", event.sequence}, line);
  if (recipient.state != RecipientState::kQueued) {
    Add({"attempt", recipient.attempt_count}, line);
    if (recipient.last_attempt.has_value()) AddAttempt(*recipient.last_attempt, line);
  }
  if (!storage::IsFinal(recipient.state)) {
    Add({"next_attempt_time", ToText(recipient.next_attempt_time)}, line);
  }
  if (recipient.in_doubt) Add({"in_doubt", true}, line);
  if (event.email_settled) Add({"email_settled", true}, line);
  AddText("tenant", event.tenant, line);
  AddText("trace_id", std::string(TraceId(event.traceparent)), line);
  line.push_back('}');
  return line;
}

}  // namespace mailstrom::server
