#include "server/service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "server/api_conversion.h"
#include "server/request_validator.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

class RefusedStream final
    : public grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

void AddWarnings(const std::vector<message::Violation>& warnings, v1::SendEmailResponse& response) {
  for (const message::Violation& warning : warnings) {
    v1::FieldViolation& out = *response.add_warnings();
    out.set_field(warning.field);
    out.set_description(warning.description);
  }
}

}  // namespace

Service::Service(storage::Store& store, WatchStreams& watches, const Clock& clock,
                 RandomSource& random, DkimKeys& keys, SubmissionOptions options)
    : store_(store),
      watches_(watches),
      clock_(clock),
      random_(random),
      keys_(keys),
      options_(std::move(options)) {}

grpc::ServerUnaryReactor* Service::SendEmail(grpc::CallbackServerContext* context,
                                             const v1::SendEmailRequest* request,
                                             v1::SendEmailResponse* response) {
  if (draining_.load()) {
    return Finish(context, MakeRpcStatus(grpc::StatusCode::UNAVAILABLE, "the server is stopping",
                                         v1::ERROR_REASON_DRAINING));
  }
  if (const std::string part = UnsupportedPart(*request); !part.empty()) {
    return Finish(context, MakeUnimplemented(part));
  }
  Submission submission =
      PrepareSubmission(*request, options_, *keys_.ring(), clock_.Now(), random_);
  if (!submission.violations.empty()) return Finish(context, MakeBadRequest(submission.violations));
  AddWarnings(submission.warnings, *response);
  *response->mutable_email() = ToApi(submission.email);
  if (request->validate_only()) {
    response->mutable_email()->clear_email_id();
    return Finish(context, grpc::Status::OK);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  store_.Accept({std::move(submission.email), std::move(submission.content)},
                [reactor, response](const absl::StatusOr<storage::Accepted>& accepted) {
                  if (!accepted.ok()) {
                    LogError("email not stored", {{"error", accepted.status().ToString()}});
                    return reactor->Finish(FromStoreStatus(accepted.status()));
                  }
                  LogInfo("email accepted", {{"email_id", response->email().email_id()},
                                             {"recipients", response->email().recipients_size()},
                                             {"size_bytes", response->email().size_bytes()}});
                  reactor->Finish(grpc::Status::OK);
                });
  return reactor;
}

grpc::ServerUnaryReactor* Service::QueryStatus(grpc::CallbackServerContext* context,
                                               const v1::QueryStatusRequest* request,
                                               v1::QueryStatusResponse* response) {
  if (const auto violations = ValidateQuery(*request); !violations.empty()) {
    return Finish(context, MakeBadRequest(violations));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  store_.ReadEmail(request->email_id(), [reactor, response](absl::StatusOr<storage::Email> email) {
    if (!email.ok()) return reactor->Finish(FromStoreStatus(email.status()));
    *response->mutable_email() = ToApi(*email);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* Service::QueryDialogues(grpc::CallbackServerContext* context,
                                                  const v1::QueryDialoguesRequest* request,
                                                  v1::QueryDialoguesResponse* response) {
  if (const auto violations = ValidateQuery(*request); !violations.empty()) {
    return Finish(context, MakeBadRequest(violations));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  store_.ReadEmail(
      request->email_id(), [this, reactor, response](absl::StatusOr<storage::Email> email) {
        if (!email.ok()) return reactor->Finish(FromStoreStatus(email.status()));
        const std::string email_id = email->record.email_id;
        store_.ReadDialogues(email_id,
                             [reactor, response, email = *std::move(email)](
                                 const absl::StatusOr<std::vector<storage::Dialogue>>& dialogues) {
                               if (!dialogues.ok())
                                 return reactor->Finish(FromStoreStatus(dialogues.status()));
                               for (const storage::Dialogue& dialogue : *dialogues) {
                                 absl::StatusOr<v1::Dialogue> converted = ToApi(dialogue, email);
                                 if (!converted.ok())
                                   return reactor->Finish(FromStoreStatus(converted.status()));
                                 *response->add_dialogues() = *std::move(converted);
                               }
                               reactor->Finish(grpc::Status::OK);
                             });
      });
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchStatusResponse>* Service::WatchStatus(
    grpc::CallbackServerContext* context, const v1::WatchStatusRequest* request) {
  return watches_.Start(*request);
}

grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>* Service::SendEmails(
    grpc::CallbackServerContext* context) {
  return new RefusedStream(MakeUnimplemented("SendEmails"));
}

grpc::ServerUnaryReactor* Service::CancelEmail(grpc::CallbackServerContext* context,
                                               const v1::CancelEmailRequest* request,
                                               v1::CancelEmailResponse* response) {
  return Finish(context, MakeUnimplemented("CancelEmail"));
}

grpc::ServerUnaryReactor* Service::ListEmails(grpc::CallbackServerContext* context,
                                              const v1::ListEmailsRequest* request,
                                              v1::ListEmailsResponse* response) {
  return Finish(context, MakeUnimplemented("ListEmails"));
}

}  // namespace mailstrom::server
