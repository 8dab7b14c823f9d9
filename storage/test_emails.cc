#include "storage/test_emails.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mailstrom::storage {
namespace {

constexpr char kSeparator[] = " | ";

std::string ToText(const std::map<std::string, std::string>& tags) {
  return absl::StrJoin(tags, ",", absl::PairFormatter("="));
}

std::string ToText(const std::optional<Attempt>& attempt) {
  if (!attempt.has_value()) return "none";
  std::string reply = "none";
  if (attempt->reply.has_value()) {
    reply = absl::StrCat(attempt->reply->code, " ", attempt->reply->enhanced_code, " ",
                         attempt->reply->text);
  }
  return absl::StrCat("{", absl::ToUnixNanos(attempt->start_time), "..",
                      absl::ToUnixNanos(attempt->end_time), " phase ",
                      static_cast<int>(attempt->phase), kSeparator, attempt->mx_host, kSeparator,
                      attempt->mx_address, kSeparator, attempt->source_address, kSeparator,
                      attempt->tls, kSeparator, reply, kSeparator, attempt->description, " class ",
                      static_cast<int>(attempt->bounce_class), "}");
}

std::string ToText(const RetryOverrides& retry) {
  const auto text = [](const std::optional<absl::Duration>& duration) {
    return duration.has_value() ? absl::FormatDuration(*duration) : "unset";
  };
  return absl::StrCat(retry.max_retries.has_value() ? absl::StrCat(*retry.max_retries) : "unset",
                      ",", text(retry.initial_delay), ",", text(retry.max_delay), ",",
                      retry.multiplier.has_value() ? absl::StrCat(*retry.multiplier) : "unset");
}

ClaimedRecipient AfterAttempt(const ClaimedRecipient& claimed, RecipientState state) {
  ClaimedRecipient result = claimed;
  result.recipient.state = state;
  ++result.recipient.attempt_count;
  result.recipient.last_attempt = FullTestAttempt();
  return result;
}

Outcome ToOutcome(ClaimedRecipient claimed) {
  return {std::move(claimed.claim), std::move(claimed.recipient), kTestStart + absl::Hours(1)};
}

}  // namespace

Email TestEmail(const std::string& id, int recipients, absl::Time due) {
  Email email;
  email.record.email_id = id;
  email.record.message_id = absl::StrCat(id, "@example.org");
  email.record.reverse_path = "sender@example.org";
  email.record.accept_time = kTestStart;
  email.record.expire_time = kTestStart + absl::Hours(120);
  for (int i = 0; i < recipients; ++i) {
    Recipient recipient;
    recipient.address = absl::StrCat("r", i, "@example.com");
    recipient.next_attempt_time = due;
    email.recipients.push_back(std::move(recipient));
  }
  return email;
}

Email FullTestEmail(const std::string& id) {
  Email email = TestEmail(id, 2);
  email.record.size_bytes = 12345;
  email.record.is_8bit = true;
  email.record.needs_smtputf8 = true;
  email.record.tags = {{"team", "shop"}, {"empty", ""}, {"umlaut", "\xc3\xbc"}};
  email.record.retry.max_retries = 0;
  email.record.retry.initial_delay = absl::Nanoseconds(1500);
  email.record.retry.max_delay = absl::Hours(10);
  email.record.retry.multiplier = 1.5;
  email.record.tenant = "shop";
  email.record.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return email;
}

Attempt FullTestAttempt() {
  Attempt attempt;
  attempt.start_time = kTestStart + absl::Microseconds(1);
  attempt.end_time = kTestStart + absl::Microseconds(2);
  attempt.phase = Phase::kData;
  attempt.mx_host = "mx.example.com";
  attempt.mx_address = "192.0.2.1";
  attempt.source_address = "198.51.100.1";
  attempt.tls = "TLSv1.3 TLS_AES_128_GCM_SHA256";
  attempt.reply = Reply{450, "4.7.1", "later\nplease"};
  attempt.description = "the server asked to come back";
  attempt.bounce_class = BounceClass::kGreylisting;
  return attempt;
}

Outcome Delivered(const ClaimedRecipient& claimed) {
  return ToOutcome(AfterAttempt(claimed, RecipientState::kDelivered));
}

Outcome Failed(const ClaimedRecipient& claimed) {
  ClaimedRecipient after = AfterAttempt(claimed, RecipientState::kFailed);
  after.recipient.failure_cause = FailureCause::kRejected;
  after.recipient.in_doubt = true;
  return ToOutcome(std::move(after));
}

Outcome Deferred(const ClaimedRecipient& claimed, absl::Time next_attempt_time) {
  ClaimedRecipient after = AfterAttempt(claimed, RecipientState::kDeferred);
  after.recipient.next_attempt_time = next_attempt_time;
  return ToOutcome(std::move(after));
}

std::vector<ClaimedRecipient> AllOf(const DueWork& work) {
  std::vector<ClaimedRecipient> all;
  for (const ClaimedEmail& email : work.emails) {
    all.insert(all.end(), email.recipients.begin(), email.recipients.end());
  }
  return all;
}

std::string ToText(const Recipient& recipient) {
  return absl::StrCat(recipient.address, " state ", static_cast<int>(recipient.state), " attempts ",
                      recipient.attempt_count, " ", ToText(recipient.last_attempt), " next ",
                      absl::ToUnixNanos(recipient.next_attempt_time), " cause ",
                      static_cast<int>(recipient.failure_cause),
                      recipient.in_doubt ? " in doubt" : "", recipient.held ? " held" : "",
                      " revision ", recipient.revision);
}

std::string ToText(const EmailRecord& record) {
  return absl::StrCat(
      record.email_id, kSeparator, record.message_id, kSeparator, record.reverse_path, kSeparator,
      absl::ToUnixNanos(record.accept_time), "..", absl::ToUnixNanos(record.expire_time), " bytes ",
      record.size_bytes, " recipients ", record.recipient_count, record.is_8bit ? " 8bit" : "",
      record.needs_smtputf8 ? " smtputf8" : "", kSeparator, ToText(record.tags), kSeparator,
      ToText(record.retry), kSeparator, record.tenant, kSeparator, record.traceparent);
}

std::string ToText(const Email& email) {
  return absl::StrCat(
      ToText(email.record), "\n  ",
      absl::StrJoin(email.recipients, "\n  ", [](std::string* out, const Recipient& recipient) {
        absl::StrAppend(out, ToText(recipient));
      }));
}

std::string ToText(const Event& event) {
  return absl::StrCat("#", event.sequence, " ", event.email_id, "[", event.recipient_index, "] ",
                      ToText(event.tags), event.email_settled ? " settled" : "", " at ",
                      absl::ToUnixNanos(event.event_time), " of ", event.tenant, " ",
                      event.traceparent, " ", ToText(event.recipient));
}

}  // namespace mailstrom::storage
