#include "server/api_conversion.h"

#include <vector>

#include "delivery/dialogue_text.h"

namespace mailstrom::server {
namespace {

// The numbers of these enums are the API's own.
static_assert(static_cast<int>(storage::RecipientState::kFailed) == v1::Recipient::STATE_FAILED);
static_assert(static_cast<int>(storage::RecipientState::kQueued) == v1::Recipient::STATE_QUEUED);
static_assert(static_cast<int>(storage::FailureCause::kRejected) == v1::FAILURE_CAUSE_REJECTED);
static_assert(static_cast<int>(storage::FailureCause::kSuppressed) == v1::FAILURE_CAUSE_SUPPRESSED);
static_assert(static_cast<int>(storage::Phase::kDns) == v1::Attempt::PHASE_DNS);
static_assert(static_cast<int>(storage::Phase::kData) == v1::Attempt::PHASE_DATA);

static_assert(static_cast<int>(storage::BounceClass::kBadMailbox) == v1::BOUNCE_CLASS_BAD_MAILBOX);
static_assert(static_cast<int>(storage::BounceClass::kGreylisting) == v1::BOUNCE_CLASS_GREYLISTING);
static_assert(static_cast<int>(storage::BounceClass::kOther) == v1::BOUNCE_CLASS_OTHER);

v1::DialogueLine::Speaker ToApi(delivery::DialogueLine::Speaker speaker) {
  switch (speaker) {
    case delivery::DialogueLine::Speaker::kClient:
      return v1::DialogueLine::SPEAKER_CLIENT;
    case delivery::DialogueLine::Speaker::kServer:
      return v1::DialogueLine::SPEAKER_SERVER;
    case delivery::DialogueLine::Speaker::kNote:
      break;
  }
  return v1::DialogueLine::SPEAKER_REMARK;
}

v1::Email::State EmailState(bool settled) {
  return settled ? v1::Email::STATE_SETTLED : v1::Email::STATE_ACTIVE;
}

v1::Attempt ToApi(const storage::Attempt& attempt) {
  v1::Attempt out;
  *out.mutable_start_time() = ToTimestamp(attempt.start_time);
  *out.mutable_end_time() = ToTimestamp(attempt.end_time);
  out.set_phase(static_cast<v1::Attempt::Phase>(attempt.phase));
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
  out.set_bounce_class(static_cast<v1::BounceClass>(attempt.bounce_class));
  return out;
}

message::Mailbox FromApi(const v1::Mailbox& mailbox) {
  return {mailbox.address(), mailbox.display_name()};
}

message::Address FromApi(const v1::Address& address) {
  // An address with neither kind is an empty mailbox, which the composer refuses by name.
  if (address.kind_case() != v1::Address::kGroup) return FromApi(address.mailbox());
  message::Group group{address.group().display_name(), {}};
  for (const v1::Mailbox& member : address.group().members())
    group.members.push_back(FromApi(member));
  return group;
}

std::vector<message::Address> FromApi(
    const google::protobuf::RepeatedPtrField<v1::Address>& addresses) {
  std::vector<message::Address> out;
  for (const v1::Address& address : addresses) out.push_back(FromApi(address));
  return out;
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp out;
  const int64_t seconds = absl::ToUnixSeconds(time);
  out.set_seconds(seconds);
  out.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return out;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

v1::Recipient ToApi(const storage::Recipient& recipient) {
  v1::Recipient out;
  out.set_address(recipient.address);
  out.set_state(static_cast<v1::Recipient::State>(recipient.state));
  out.set_attempt_count(recipient.attempt_count);
  if (recipient.last_attempt.has_value())
    *out.mutable_last_attempt() = ToApi(*recipient.last_attempt);
  if (!storage::IsFinal(recipient.state))
    *out.mutable_next_attempt_time() = ToTimestamp(recipient.next_attempt_time);
  out.set_failure_cause(static_cast<v1::FailureCause>(recipient.failure_cause));
  out.set_in_doubt(recipient.in_doubt);
  return out;
}

v1::Email ToApi(const storage::Email& email) {
  v1::Email out;
  out.set_email_id(email.record.email_id);
  out.set_message_id(email.record.message_id);
  out.set_state(EmailState(email.settled()));
  out.set_revision(email.revision());
  *out.mutable_accept_time() = ToTimestamp(email.record.accept_time);
  *out.mutable_expire_time() = ToTimestamp(email.record.expire_time);
  out.set_size_bytes(email.record.size_bytes);
  out.mutable_tags()->insert(email.record.tags.begin(), email.record.tags.end());
  for (const storage::Recipient& recipient : email.recipients)
    *out.add_recipients() = ToApi(recipient);
  out.set_traceparent(email.record.traceparent);
  return out;
}

v1::StatusEvent ToApi(const storage::Event& event) {
  v1::StatusEvent out;
  out.set_email_id(event.email_id);
  out.mutable_tags()->insert(event.tags.begin(), event.tags.end());
  out.set_revision(event.sequence);
  *out.mutable_recipient() = ToApi(event.recipient);
  out.set_email_state(EmailState(event.email_settled));
  *out.mutable_event_time() = ToTimestamp(event.event_time);
  out.set_traceparent(event.traceparent);
  return out;
}

absl::StatusOr<v1::Dialogue> ToApi(const storage::Dialogue& dialogue, const storage::Email& email) {
  const absl::StatusOr<std::vector<delivery::DialogueLine>> lines =
      delivery::DecodeDialogue(*dialogue.bytes);
  if (!lines.ok()) return lines.status();
  v1::Dialogue out;
  *out.mutable_record_time() = ToTimestamp(dialogue.event_time);
  for (const int index : dialogue.recipient_indexes) {
    if (index < static_cast<int>(email.recipients.size())) {
      out.add_recipients(email.recipients[index].address);
    }
  }
  for (const delivery::DialogueLine& line : *lines) {
    v1::DialogueLine& out_line = *out.add_lines();
    *out_line.mutable_time() = ToTimestamp(line.time);
    out_line.set_speaker(ToApi(line.speaker));
    out_line.set_text(line.text);
  }
  return out;
}

message::Content FromApi(const v1::Content& content) {
  message::Content out;
  out.from = FromApi(content.from());
  if (content.has_sender()) out.sender = FromApi(content.sender());
  out.reply_to = FromApi(content.reply_to());
  out.to = FromApi(content.to());
  out.cc = FromApi(content.cc());
  out.bcc = FromApi(content.bcc());
  out.subject = content.subject();
  if (content.has_date()) out.date = FromTimestamp(content.date());
  out.message_id = content.message_id();
  out.in_reply_to.assign(content.in_reply_to().begin(), content.in_reply_to().end());
  out.references.assign(content.references().begin(), content.references().end());
  out.text = content.text();
  out.html = content.html();
  for (const v1::Attachment& attachment : content.attachments()) {
    out.attachments.push_back({attachment.filename(), attachment.content_type(), attachment.data(),
                               attachment.content_id()});
  }
  for (const v1::HeaderField& header : content.headers())
    out.headers.push_back({header.name(), header.value()});
  out.list_unsubscribe_uris.assign(content.list_unsubscribe_uris().begin(),
                                   content.list_unsubscribe_uris().end());
  return out;
}

}  // namespace mailstrom::server
