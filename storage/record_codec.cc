#include "storage/record_codec.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/record_formats.pb.h"

namespace mailstrom::storage {
namespace {

using Tags = std::map<std::string, std::string>;
using TagMessages = google::protobuf::RepeatedPtrField<disk::Tag>;

void SetTags(const Tags& tags, TagMessages& out) {
  for (const auto& [key, value] : tags) {
    disk::Tag& tag = *out.Add();
    tag.set_key(key);
    tag.set_value(value);
  }
}

Tags GetTags(const TagMessages& messages) {
  Tags tags;
  for (const disk::Tag& tag : messages) tags.emplace(tag.key(), tag.value());
  return tags;
}

void SetAttempt(const Attempt& attempt, disk::Attempt& out) {
  out.set_start_nanos(ToNanos(attempt.start_time));
  out.set_end_nanos(ToNanos(attempt.end_time));
  out.set_phase(static_cast<int>(attempt.phase));
  out.set_mx_host(attempt.mx_host);
  out.set_mx_address(attempt.mx_address);
  out.set_source_address(attempt.source_address);
  out.set_tls(attempt.tls);
  if (attempt.reply.has_value()) {
    out.mutable_reply()->set_code(attempt.reply->code);
    out.mutable_reply()->set_enhanced_code(attempt.reply->enhanced_code);
    out.mutable_reply()->set_text(attempt.reply->text);
  }
  out.set_description(attempt.description);
  out.set_bounce_class(static_cast<int>(attempt.bounce_class));
}

absl::StatusOr<Attempt> GetAttempt(const disk::Attempt& message) {
  if (message.phase() < 0 || message.phase() > static_cast<int>(Phase::kData)) {
    return absl::DataLossError(absl::StrCat("unknown phase ", message.phase()));
  }
  if (message.bounce_class() < 0 ||
      message.bounce_class() > static_cast<int>(BounceClass::kOther)) {
    return absl::DataLossError(absl::StrCat("unknown bounce class ", message.bounce_class()));
  }
  Attempt attempt;
  attempt.start_time = FromNanos(message.start_nanos());
  attempt.end_time = FromNanos(message.end_nanos());
  attempt.phase = static_cast<Phase>(message.phase());
  attempt.mx_host = message.mx_host();
  attempt.mx_address = message.mx_address();
  attempt.source_address = message.source_address();
  attempt.tls = message.tls();
  if (message.has_reply()) {
    attempt.reply =
        Reply{message.reply().code(), message.reply().enhanced_code(), message.reply().text()};
  }
  attempt.description = message.description();
  attempt.bounce_class = static_cast<BounceClass>(message.bounce_class());
  return attempt;
}

void SetRecipient(const Recipient& recipient, disk::Recipient& out) {
  out.set_address(recipient.address);
  out.set_state(static_cast<int>(recipient.state));
  out.set_attempt_count(recipient.attempt_count);
  if (recipient.last_attempt.has_value()) {
    SetAttempt(*recipient.last_attempt, *out.mutable_last_attempt());
  }
  out.set_next_attempt_nanos(ToNanos(recipient.next_attempt_time));
  out.set_failure_cause(static_cast<int>(recipient.failure_cause));
  out.set_in_doubt(recipient.in_doubt);
  out.set_revision(recipient.revision);
  out.set_held(recipient.held);
}

absl::StatusOr<Recipient> GetRecipient(const disk::Recipient& message) {
  if (message.state() < static_cast<int>(RecipientState::kQueued) ||
      message.state() > static_cast<int>(RecipientState::kFailed)) {
    return absl::DataLossError(absl::StrCat("unknown recipient state ", message.state()));
  }
  if (message.failure_cause() < 0 ||
      message.failure_cause() > static_cast<int>(FailureCause::kSuppressed)) {
    return absl::DataLossError(absl::StrCat("unknown failure cause ", message.failure_cause()));
  }
  Recipient recipient;
  recipient.address = message.address();
  recipient.state = static_cast<RecipientState>(message.state());
  recipient.attempt_count = message.attempt_count();
  if (message.has_last_attempt()) {
    ASSIGN_OR_RETURN(recipient.last_attempt, GetAttempt(message.last_attempt()));
  }
  recipient.next_attempt_time = FromNanos(message.next_attempt_nanos());
  recipient.failure_cause = static_cast<FailureCause>(message.failure_cause());
  recipient.in_doubt = message.in_doubt();
  recipient.revision = message.revision();
  recipient.held = message.held();
  return recipient;
}

template <typename Message>
bool Parse(absl::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

std::string EncodeEmailRecord(const EmailRecord& record) {
  disk::EmailRecord message;
  message.set_message_id(record.message_id);
  message.set_reverse_path(record.reverse_path);
  message.set_accept_nanos(ToNanos(record.accept_time));
  message.set_expire_nanos(ToNanos(record.expire_time));
  message.set_size_bytes(record.size_bytes);
  message.set_recipient_count(record.recipient_count);
  message.set_is_8bit(record.is_8bit);
  message.set_needs_smtputf8(record.needs_smtputf8);
  SetTags(record.tags, *message.mutable_tags());
  const RetryOverrides& retry = record.retry;
  if (retry.max_retries.has_value()) message.set_max_retries(*retry.max_retries);
  if (retry.initial_delay.has_value()) {
    message.set_initial_delay_nanos(absl::ToInt64Nanoseconds(*retry.initial_delay));
  }
  if (retry.max_delay.has_value()) {
    message.set_max_delay_nanos(absl::ToInt64Nanoseconds(*retry.max_delay));
  }
  if (retry.multiplier.has_value()) message.set_multiplier(*retry.multiplier);
  message.set_tenant(record.tenant);
  message.set_traceparent(record.traceparent);
  return message.SerializeAsString();
}

absl::StatusOr<EmailRecord> DecodeEmailRecord(absl::string_view email_id, absl::string_view bytes) {
  disk::EmailRecord message;
  if (!Parse(bytes, message) || message.recipient_count() < 1) {
    return absl::DataLossError(absl::StrCat("email ", email_id, ": record does not parse"));
  }
  EmailRecord record;
  record.email_id = std::string(email_id);
  record.message_id = message.message_id();
  record.reverse_path = message.reverse_path();
  record.accept_time = FromNanos(message.accept_nanos());
  record.expire_time = FromNanos(message.expire_nanos());
  record.size_bytes = message.size_bytes();
  record.recipient_count = message.recipient_count();
  record.is_8bit = message.is_8bit();
  record.needs_smtputf8 = message.needs_smtputf8();
  record.tags = GetTags(message.tags());
  if (message.has_max_retries()) record.retry.max_retries = message.max_retries();
  if (message.has_initial_delay_nanos()) {
    record.retry.initial_delay = absl::Nanoseconds(message.initial_delay_nanos());
  }
  if (message.has_max_delay_nanos()) {
    record.retry.max_delay = absl::Nanoseconds(message.max_delay_nanos());
  }
  if (message.has_multiplier()) record.retry.multiplier = message.multiplier();
  record.tenant = message.tenant();
  record.traceparent = message.traceparent();
  return record;
}

std::string EncodeRecipient(const Recipient& recipient) {
  disk::Recipient message;
  SetRecipient(recipient, message);
  return message.SerializeAsString();
}

absl::StatusOr<Recipient> DecodeRecipient(absl::string_view bytes) {
  disk::Recipient message;
  if (!Parse(bytes, message)) return absl::DataLossError("recipient does not parse");
  return GetRecipient(message);
}

std::string EncodeKeyedRequest(const KeyedRequest& request) {
  disk::RequestKey message;
  message.set_digest(request.digest);
  message.set_email_id(request.email_id);
  message.set_expire_nanos(ToNanos(request.expire_time));
  return message.SerializeAsString();
}

absl::StatusOr<KeyedRequest> DecodeKeyedRequest(absl::string_view bytes) {
  disk::RequestKey message;
  if (!Parse(bytes, message) || message.email_id().empty()) {
    return absl::DataLossError("request key does not parse");
  }
  return KeyedRequest{message.digest(), message.email_id(), FromNanos(message.expire_nanos())};
}

std::string EncodeCancelTime(absl::Time time) {
  disk::Cancellation message;
  message.set_cancel_nanos(ToNanos(time));
  return message.SerializeAsString();
}

absl::StatusOr<absl::Time> DecodeCancelTime(absl::string_view bytes) {
  disk::Cancellation message;
  if (!Parse(bytes, message)) return absl::DataLossError("cancellation does not parse");
  return FromNanos(message.cancel_nanos());
}

std::string EncodeDialogue(const Dialogue& dialogue) {
  disk::Dialogue message;
  message.set_text(*dialogue.bytes);
  for (const int index : dialogue.recipient_indexes) message.add_recipient_indexes(index);
  message.set_event_nanos(ToNanos(dialogue.event_time));
  return message.SerializeAsString();
}

absl::StatusOr<Dialogue> DecodeDialogue(int64_t sequence, absl::string_view bytes) {
  disk::Dialogue message;
  if (!Parse(bytes, message)) return absl::DataLossError("dialogue does not parse");
  Dialogue dialogue;
  dialogue.sequence = sequence;
  dialogue.recipient_indexes.assign(message.recipient_indexes().begin(),
                                    message.recipient_indexes().end());
  dialogue.event_time = FromNanos(message.event_nanos());
  dialogue.bytes = std::make_shared<const std::string>(std::move(*message.mutable_text()));
  return dialogue;
}

std::string EncodeDamage(absl::string_view reason) {
  disk::Damage message;
  message.set_reason(reason.data(), reason.size());
  return message.SerializeAsString();
}

absl::StatusOr<std::string> DecodeDamage(absl::string_view bytes) {
  disk::Damage message;
  if (!Parse(bytes, message)) return absl::DataLossError("mark of damage does not parse");
  return message.reason();
}

std::string EncodeOrder(const StandingOrder& order) {
  disk::StandingOrder message;
  message.set_kind(static_cast<int>(order.kind));
  message.set_scope_kind(static_cast<int>(order.scope.kind));
  message.set_scope_name(order.scope.name);
  message.set_scope_value(order.scope.value);
  message.set_host(order.host);
  message.set_port(order.port);
  message.set_author(order.author);
  message.set_reason(order.reason);
  message.set_create_nanos(ToNanos(order.create_time));
  message.set_expire_nanos(ToNanos(order.expire_time));
  message.set_lifted(order.lifted);
  return message.SerializeAsString();
}

absl::StatusOr<StandingOrder> DecodeOrder(absl::string_view bytes) {
  disk::StandingOrder message;
  if (!Parse(bytes, message) || message.kind() < 1 ||
      message.kind() > static_cast<int>(StandingOrder::Kind::kReroute) ||
      message.scope_kind() < 1 || message.scope_kind() > static_cast<int>(OrderScope::Kind::kTag)) {
    return absl::DataLossError("order does not parse");
  }
  StandingOrder order;
  order.kind = static_cast<StandingOrder::Kind>(message.kind());
  order.scope = {static_cast<OrderScope::Kind>(message.scope_kind()), message.scope_name(),
                 message.scope_value()};
  order.host = message.host();
  order.port = static_cast<uint16_t>(message.port());
  order.author = message.author();
  order.reason = message.reason();
  order.create_time = FromNanos(message.create_nanos());
  order.expire_time = FromNanos(message.expire_nanos());
  order.lifted = message.lifted();
  return order;
}

std::string EncodeQueueTotals(const QueueTotals& totals) {
  disk::QueueTotals message;
  message.set_emails(totals.emails);
  message.set_bytes(totals.bytes);
  message.set_recipients(totals.recipients);
  return message.SerializeAsString();
}

absl::StatusOr<QueueTotals> DecodeQueueTotals(absl::string_view bytes) {
  disk::QueueTotals message;
  if (!Parse(bytes, message)) return absl::DataLossError("totals do not parse");
  return QueueTotals{message.emails(), message.bytes(), message.recipients()};
}

std::string EncodeEvent(const Event& event) {
  disk::Event message;
  message.set_email_id(event.email_id);
  SetTags(event.tags, *message.mutable_tags());
  message.set_recipient_index(event.recipient_index);
  SetRecipient(event.recipient, *message.mutable_recipient());
  message.set_email_settled(event.email_settled);
  message.set_event_nanos(ToNanos(event.event_time));
  message.set_tenant(event.tenant);
  message.set_traceparent(event.traceparent);
  return message.SerializeAsString();
}

std::string EncodeLostEvent() {
  disk::Event message;
  message.set_is_lost(true);
  return message.SerializeAsString();
}

absl::StatusOr<Event> DecodeEvent(int64_t sequence, absl::string_view bytes) {
  disk::Event message;
  if (!Parse(bytes, message)) {
    return absl::DataLossError(absl::StrCat("event ", sequence, " does not parse"));
  }
  if (message.is_lost()) return absl::NotFoundError(absl::StrCat("event ", sequence, " is lost"));
  Event event;
  event.sequence = sequence;
  event.email_id = message.email_id();
  event.tags = GetTags(message.tags());
  event.recipient_index = message.recipient_index();
  ASSIGN_OR_RETURN(event.recipient, GetRecipient(message.recipient()));
  event.email_settled = message.email_settled();
  event.event_time = FromNanos(message.event_nanos());
  event.tenant = message.tenant();
  event.traceparent = message.traceparent();
  return event;
}

}  // namespace mailstrom::storage
