#include "server/submitter.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/log.h"
#include "server/api_conversion.h"
#include "server/request_digest.h"
#include "server/rpc_status.h"
#include "server/sender_check.h"
#include "server/tenant.h"

namespace mailstrom::server {
namespace {

// A request can be repeated for so long after its email was due to go.
constexpr absl::Duration kRequestIdLifetime = absl::Hours(24);

void AddWarnings(const std::vector<message::Violation>& warnings, v1::SendEmailResponse& response) {
  for (const message::Violation& warning : warnings) {
    v1::FieldViolation& out = *response.add_warnings();
    out.set_field(warning.field);
    out.set_description(warning.description);
  }
}

storage::RequestKey MakeKey(const std::string& tenant, const v1::SendEmailRequest& request,
                            absl::Time due) {
  return {.caller = tenant,
          .request_id = request.request_id(),
          .digest = RequestDigest(request),
          .expire_time = due + kRequestIdLifetime};
}

int CountMailboxes(const google::protobuf::RepeatedPtrField<v1::Address>& addresses) {
  int count = 0;
  for (const v1::Address& address : addresses) {
    count += address.has_group() ? address.group().members_size() : 1;
  }
  return count;
}

// How many a request names, whatever is wrong with it.
int CountRecipients(const v1::SendEmailRequest& request) {
  if (request.has_envelope()) return request.envelope().forward_paths_size();
  const v1::Content& content = request.content();
  return CountMailboxes(content.to()) + CountMailboxes(content.cc()) +
         CountMailboxes(content.bcc());
}

v1::Email ToEmail(const storage::Accepted& accepted) {
  if (!accepted.email.recipients.empty()) return ToApi(accepted.email);
  // It is past its retention, and nothing but its id is known.
  v1::Email email;
  email.set_email_id(accepted.email.record.email_id);
  return email;
}

SubmissionOptions Narrowed(SubmissionOptions options, const Tenant& tenant) {
  int64_t& bytes = options.limits.max_message_bytes;
  bytes = std::min(bytes, tenant.max_message_bytes.value_or(bytes));
  return options;
}

Submitter::Result Refuse(const absl::Status& status) {
  if (!absl::IsAlreadyExists(status)) LogError("email not stored", {{"error", status.ToString()}});
  return MakeStoreError(status);
}

}  // namespace

Submitter::Submitter(storage::Store& store, const Clock& clock, RandomSource& random,
                     DkimKeys& keys, AccessControl& access, SubmissionOptions options,
                     SubmissionObserver* observer)
    : store_(store),
      clock_(clock),
      random_(random),
      keys_(keys),
      access_(access),
      options_(std::move(options)),
      observer_(observer) {}

Submitter::Done Submitter::Observe(const v1::SendEmailRequest& request, Done done) {
  return [this, recipients = CountRecipients(request), start = clock_.Now(),
          done = std::move(done)](Result result) mutable {
    if (const auto* error = std::get_if<v1::Error>(&result)) {
      observer_->OnRefused(recipients, error->reason());
    } else {
      const auto& response = std::get<v1::SendEmailResponse>(result);
      observer_->OnAccepted(response.email().recipients_size(), response.replayed(),
                            clock_.Now() - start);
    }
    done(std::move(result));
  };
}

void Submitter::Submit(const Caller& caller, const v1::SendEmailRequest& request,
                       absl::AnyInvocable<void(Result)> done) {
  if (observer_ != nullptr && !request.validate_only()) done = Observe(request, std::move(done));
  if (draining_.load()) {
    return done(MakeError(grpc::StatusCode::UNAVAILABLE, "the server is stopping",
                          v1::ERROR_REASON_DRAINING));
  }
  if (!access_.MaySend(caller)) {
    return done(MakeError(grpc::StatusCode::RESOURCE_EXHAUSTED,
                          "the tenant's emails_per_second are used up; try again in a second",
                          v1::ERROR_REASON_RATE_LIMITED));
  }
  const auto prepare = [&](const SubmissionOptions& options) {
    return PrepareSubmission(request, options, *keys_.ring(), clock_.Now(), random_);
  };
  const TenantPtr tenant = access_.TenantInForce(caller);
  const bool is_narrowed = tenant != nullptr && tenant->max_message_bytes.has_value();
  Submission submission = is_narrowed ? prepare(Narrowed(options_, *tenant)) : prepare(options_);
  if (!submission.violations.empty()) return done(MakeFieldError(submission.violations));
  if (tenant != nullptr) {
    const auto foreign = CheckSenders(*tenant, request, submission);
    if (!foreign.empty()) return done(MakePermissionError(foreign));
  }
  v1::SendEmailResponse response;
  AddWarnings(submission.warnings, response);
  if (request.validate_only()) {
    *response.mutable_email() = ToApi(submission.email);
    response.mutable_email()->clear_email_id();
    return done(std::move(response));
  }
  access_.CountEmail(caller);
  storage::AcceptRequest accept;
  if (!request.request_id().empty()) {
    accept.key =
        MakeKey(caller.tenant_id(), request, submission.email.recipients.front().next_attempt_time);
  }
  accept.email = std::move(submission.email);
  accept.email.record.tenant = caller.tenant_id();
  accept.email.record.traceparent = caller.traceparent;
  accept.content = std::move(submission.content);
  if (tenant != nullptr && tenant->max_queued_recipients.has_value()) {
    accept.max_tenant_recipients = *tenant->max_queued_recipients;
  }
  store_.Accept(std::move(accept), [response = std::move(response), done = std::move(done)](
                                       const absl::StatusOr<storage::Accepted>& accepted) mutable {
    if (!accepted.ok()) return done(Refuse(accepted.status()));
    *response.mutable_email() = ToEmail(*accepted);
    response.set_replayed(accepted->replayed);
    done(std::move(response));
  });
}

}  // namespace mailstrom::server
