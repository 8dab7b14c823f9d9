#include "server/admin/explainer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/admin/admin_conversion.h"
#include "server/api_conversion.h"
#include "server/rpc_status.h"
#include "storage/list_query.h"

namespace mailstrom::server {
namespace {

using delivery::Obstacle;
using delivery::Outlook;
using storage::Recipient;
using storage::RecipientState;

constexpr size_t kMaxExplained = 100;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

const char* PhaseText(storage::Phase phase) {
  switch (phase) {
    case storage::Phase::kDns:
      return "looks up its host";
    case storage::Phase::kConnect:
      return "connects";
    case storage::Phase::kHello:
      return "waits for the greeting or an answer to EHLO";
    case storage::Phase::kTls:
      return "negotiates TLS";
    case storage::Phase::kAuth:
      return "waits for an answer to AUTH";
    case storage::Phase::kMail:
      return "waits for an answer to MAIL";
    case storage::Phase::kRcpt:
      return "waits for an answer to RCPT";
    case storage::Phase::kData:
      return "transfers the message or waits for an answer to it";
    case storage::Phase::kNone:
      break;
  }
  return "is about to begin";
}

// What the attempts so far have come to.
std::string HistoryText(const Recipient& recipient) {
  if (!recipient.last_attempt.has_value()) return "nothing was attempted yet";
  const storage::Attempt& attempt = *recipient.last_attempt;
  // A recipient that was never attempted may know what others met.
  if (recipient.attempt_count == 0) return attempt.description;
  return absl::StrCat(
      "attempt ", recipient.attempt_count, " ended at ", TimeText(attempt.end_time), ": ",
      attempt.description,
      attempt.reply.has_value()
          ? absl::StrCat(" (", attempt.reply->code, " ", attempt.reply->enhanced_code,
                         attempt.reply->enhanced_code.empty() ? "" : " ", attempt.reply->text, ")")
          : "");
}

std::string AttemptText(const Recipient& recipient, const Outlook& outlook) {
  std::string text = absl::StrCat("attempt ", recipient.attempt_count + 1, " is under way and ",
                                  PhaseText(outlook.phase));
  if (!outlook.mx_host.empty()) absl::StrAppend(&text, ", with ", outlook.mx_host);
  if (!outlook.mx_address.empty()) absl::StrAppend(&text, " [", outlook.mx_address, "]");
  return text;
}

std::string ReasonText(const Recipient& recipient, const Outlook& outlook) {
  switch (outlook.stage) {
    case Outlook::Stage::kAttempt:
      return AttemptText(recipient, outlook);
    case Outlook::Stage::kSettling:
      return "what came of it is being recorded";
    case Outlook::Stage::kRouting:
    case Outlook::Stage::kWaiting:
    case Outlook::Stage::kInStore:
      break;
  }
  if (!outlook.obstacles.empty()) {
    const Obstacle& first = outlook.obstacles.front();
    if (first.kind != Obstacle::Kind::kNotDue) return first.text;
    return recipient.attempt_count == 0
               ? absl::StrCat("it is not due yet: ", HistoryText(recipient))
               : absl::StrCat("it waits for its retry: ", HistoryText(recipient));
  }
  if (outlook.stage == Outlook::Stage::kRouting) return "its mail hosts are looked up";
  return "it is due and about to be taken up";
}

// Says what happens next, and when.
void SetNext(const delivery::RecipientInStore& recipient, const Outlook& outlook, absl::Time now,
             admin::v1::Explanation& out) {
  const absl::Time expire_time = recipient.email->expire_time;
  const std::string attempt =
      absl::StrCat("attempt ", recipient.recipient.attempt_count + 1, " is made");
  const auto set = [&](const std::string& text, absl::Time time) {
    out.set_next(absl::StrCat(text, " at ", TimeText(time)));
    *out.mutable_next_time() = ToTimestamp(time);
  };
  if (outlook.stage == Outlook::Stage::kAttempt) {
    out.set_next("it is delivered, put off or given up, as the attempt ends");
    return;
  }
  absl::Time time = now;
  for (const Obstacle& obstacle : outlook.obstacles) {
    // What holds nobody for long has no time.
    const bool is_endless = obstacle.kind == Obstacle::Kind::kOrder ||
                            obstacle.kind == Obstacle::Kind::kDrained ||
                            obstacle.kind == Obstacle::Kind::kStore;
    // A recipient that is held is due when it is let go.
    if (obstacle.kind == Obstacle::Kind::kNotDue && outlook.suspension.has_value() &&
        recipient.recipient.held) {
      continue;
    }
    if (obstacle.until != absl::InfiniteFuture()) {
      time = std::max(time, obstacle.until);
    } else if (is_endless) {
      time = absl::InfiniteFuture();
    }
  }
  if (time >= expire_time) {
    set(time == absl::InfiniteFuture()
            ? "it goes on once that is over; if it is not by then, it is given up"
            : "it is given up",
        expire_time);
    return;
  }
  if (time > now) return set(attempt, time);
  out.set_next(absl::StrCat(attempt, " as soon as its turn comes"));
}

// One call on its way.
class ExplainCall : public std::enable_shared_from_this<ExplainCall> {
 public:
  using Done =
      absl::AnyInvocable<void(std::variant<admin::v1::ExplainRecipientsResponse, v1::Error>)>;

  ExplainCall(delivery::Control& control, const Clock& clock, std::string address, Done done)
      : control_(control), clock_(clock), address_(std::move(address)), done_(std::move(done)) {}

  void OnEmail(absl::StatusOr<storage::Email> email) {
    if (!email.ok()) return done_(MakeStoreError(email.status()));
    const auto record = std::make_shared<const storage::EmailRecord>(std::move(email->record));
    for (size_t i = 0; i < email->recipients.size(); ++i) {
      Recipient& recipient = email->recipients[i];
      const bool is_wanted =
          address_.empty()
              ? !storage::IsFinal(recipient.state) && recipients_.size() < kMaxExplained
              : storage::FoldAddress(recipient.address) == storage::FoldAddress(address_);
      if (!is_wanted) continue;
      recipients_.push_back({record, static_cast<int>(i), std::move(recipient)});
    }
    if (recipients_.empty() && !address_.empty()) {
      return done_(MakeError(grpc::StatusCode::NOT_FOUND, "the email has no such recipient",
                             v1::ERROR_REASON_EMAIL_NOT_FOUND));
    }
    ExplainNext();
  }

 private:
  void ExplainNext() {
    while (next_ < recipients_.size() && storage::IsFinal(recipients_[next_].recipient.state)) {
      *response_.add_explanations() = MakeExplanation(recipients_[next_], {}, clock_.Now());
      ++next_;
    }
    if (next_ == recipients_.size()) return done_(std::move(response_));
    control_.Explain(recipients_[next_], [self = shared_from_this()](Outlook outlook) {
      *self->response_.add_explanations() =
          MakeExplanation(self->recipients_[self->next_], outlook, self->clock_.Now());
      ++self->next_;
      self->ExplainNext();
    });
  }

  delivery::Control& control_;
  const Clock& clock_;
  const std::string address_;
  Done done_;
  std::vector<delivery::RecipientInStore> recipients_;
  size_t next_ = 0;
  admin::v1::ExplainRecipientsResponse response_;
};

}  // namespace

admin::v1::Explanation MakeExplanation(const delivery::RecipientInStore& recipient,
                                       const Outlook& outlook, absl::Time now) {
  admin::v1::Explanation out;
  *out.mutable_recipient() = ToApi(
      storage::QueuedRecipient{recipient.email, recipient.recipient_index, recipient.recipient});
  if (storage::IsFinal(recipient.recipient.state)) {
    out.set_stage(admin::v1::Explanation::STAGE_SETTLED);
    out.set_reason(absl::StrCat(recipient.recipient.state == RecipientState::kDelivered
                                    ? "it is delivered: "
                                    : "it is given up: ",
                                HistoryText(recipient.recipient)));
    out.set_next("nothing");
    return out;
  }
  // The numbers are the same.
  out.set_stage(static_cast<admin::v1::Explanation::Stage>(outlook.stage));
  out.set_reason(ReasonText(recipient.recipient, outlook));
  SetNext(recipient, outlook, now, out);
  for (const Obstacle& obstacle : outlook.obstacles) *out.add_obstacles() = ToApi(obstacle);
  out.set_site(outlook.site.site_key);
  if (outlook.stage == Outlook::Stage::kAttempt) {
    out.set_phase(static_cast<v1::Attempt::Phase>(outlook.phase));
    out.set_mx_host(outlook.mx_host);
    out.set_mx_address(outlook.mx_address);
    out.set_last_line(outlook.last_line);
    if (outlook.attempt_start != absl::InfinitePast()) {
      *out.mutable_attempt_start_time() = ToTimestamp(outlook.attempt_start);
    }
  }
  if (outlook.reroute.has_value()) {
    out.set_rerouted_to(outlook.reroute->port == 0
                            ? outlook.reroute->host
                            : absl::StrCat(outlook.reroute->host, ":", outlook.reroute->port));
  }
  return out;
}

void ExplainRecipients(storage::Store& store, delivery::Control& control, const Clock& clock,
                       const admin::v1::ExplainRecipientsRequest& request, ExplainCall::Done done) {
  auto call = std::make_shared<ExplainCall>(control, clock, request.recipient(), std::move(done));
  store.ReadEmail(request.email_id(), [call](absl::StatusOr<storage::Email> email) {
    call->OnEmail(std::move(email));
  });
}

}  // namespace mailstrom::server
