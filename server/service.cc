#include "server/service.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/admission.h"
#include "server/api_conversion.h"
#include "server/list_emails.h"
#include "server/request_validator.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

// A stream that ends before it began.
template <typename Reactor>
class RefusedStream final : public Reactor {
 public:
  explicit RefusedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const v1::Error& error) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToRpcStatus(error));
  return reactor;
}

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context,
                                 const std::vector<message::Violation>& violations) {
  return Refuse(context, MakeFieldError(violations));
}

// Ends a call with what came of it.
template <typename Response>
void Finish(grpc::ServerUnaryReactor* reactor, std::variant<Response, v1::Error> result,
            Response* response) {
  if (const auto* error = std::get_if<v1::Error>(&result)) {
    return reactor->Finish(ToRpcStatus(*error));
  }
  *response = std::move(std::get<Response>(result));
  reactor->Finish(grpc::Status::OK);
}

// Ends a call whose response is an email.
template <typename Response>
storage::Store::Done<storage::Email> FinishWithEmail(grpc::ServerUnaryReactor* reactor,
                                                     Response* response) {
  return [reactor, response](absl::StatusOr<storage::Email> email) {
    if (!email.ok()) return reactor->Finish(ToRpcStatus(MakeStoreError(email.status())));
    *response->mutable_email() = ToApi(*email);
    reactor->Finish(grpc::Status::OK);
  };
}

// Passes on what `caller` may see: the emails of others are as unknown as those that never were.
storage::Store::Done<storage::Email> IfSeenBy(Caller caller,
                                              storage::Store::Done<storage::Email> done) {
  return [caller = std::move(caller),
          done = std::move(done)](absl::StatusOr<storage::Email> email) mutable {
    if (email.ok() && !caller.Sees(email->record.tenant)) {
      email = storage::EmailUnknownError(email->record.email_id);
    }
    done(std::move(email));
  };
}

grpc::Status AddDialogues(const std::vector<storage::Dialogue>& dialogues,
                          const storage::Email& email, v1::QueryDialoguesResponse& response) {
  for (const storage::Dialogue& dialogue : dialogues) {
    absl::StatusOr<v1::Dialogue> converted = ToApi(dialogue, email);
    if (!converted.ok()) return ToRpcStatus(MakeStoreError(converted.status()));
    *response.add_dialogues() = *std::move(converted);
  }
  return grpc::Status::OK;
}

}  // namespace

Service::Service(storage::Store& store, WatchStreams& watches, const Clock& clock,
                 RandomSource& random, DkimKeys& keys, AccessControl& access,
                 SubmissionOptions options, SendEmailsOptions stream_options,
                 SubmissionObserver* observer)
    : store_(store),
      watches_(watches),
      clock_(clock),
      access_(access),
      submitter_(store, clock, random, keys, access, std::move(options), observer),
      send_streams_(submitter_, stream_options) {}

void Service::EndStreamsNotAdmitted() {
  const auto may_go_on = [this](const Caller& caller) { return access_.StillAdmits(caller); };
  watches_.EndUnless(may_go_on);
  send_streams_.EndUnless(may_go_on);
}

void Service::StopAccepting() {
  submitter_.StopAccepting();
  send_streams_.Drain();
}

grpc::ServerUnaryReactor* Service::SendEmail(grpc::CallbackServerContext* context,
                                             const v1::SendEmailRequest* request,
                                             v1::SendEmailResponse* response) {
  const auto admitted = Admit(access_, *context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) return Refuse(context, *error);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  submitter_.Submit(std::get<Caller>(admitted), *request,
                    [reactor, response](Submitter::Result result) {
                      Finish(reactor, std::move(result), response);
                    });
  return reactor;
}

grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>* Service::SendEmails(
    grpc::CallbackServerContext* context) {
  const auto admitted = Admit(access_, *context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) {
    return new RefusedStream<
        grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>>(
        ToRpcStatus(*error));
  }
  return send_streams_.Start(std::get<Caller>(admitted));
}

grpc::ServerUnaryReactor* Service::QueryStatus(grpc::CallbackServerContext* context,
                                               const v1::QueryStatusRequest* request,
                                               v1::QueryStatusResponse* response) {
  const auto admitted = Admit(access_, *context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) return Refuse(context, *error);
  if (const auto violations = ValidateQuery(*request); !violations.empty()) {
    return Refuse(context, violations);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  store_.ReadEmail(request->email_id(),
                   IfSeenBy(std::get<Caller>(admitted), FinishWithEmail(reactor, response)));
  return reactor;
}

grpc::ServerUnaryReactor* Service::QueryDialogues(grpc::CallbackServerContext* context,
                                                  const v1::QueryDialoguesRequest* request,
                                                  v1::QueryDialoguesResponse* response) {
  const auto admitted = Admit(access_, *context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) return Refuse(context, *error);
  if (const auto violations = ValidateQuery(*request); !violations.empty()) {
    return Refuse(context, violations);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto read_dialogues = [this, reactor, response](absl::StatusOr<storage::Email> email) {
    if (!email.ok()) return reactor->Finish(ToRpcStatus(MakeStoreError(email.status())));
    const std::string email_id = email->record.email_id;
    store_.ReadDialogues(
        email_id, [reactor, response, email = *std::move(email)](
                      const absl::StatusOr<std::vector<storage::Dialogue>>& dialogues) {
          reactor->Finish(dialogues.ok() ? AddDialogues(*dialogues, email, *response)
                                         : ToRpcStatus(MakeStoreError(dialogues.status())));
        });
  };
  store_.ReadEmail(request->email_id(),
                   IfSeenBy(std::get<Caller>(admitted), std::move(read_dialogues)));
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchStatusResponse>* Service::WatchStatus(
    grpc::CallbackServerContext* context, const v1::WatchStatusRequest* request) {
  const auto admitted = Admit(access_, *context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) {
    return new RefusedStream<grpc::ServerWriteReactor<v1::WatchStatusResponse>>(
        ToRpcStatus(*error));
  }
  return watches_.Start(*request, std::get<Caller>(admitted));
}

grpc::ServerUnaryReactor* Service::CancelEmail(grpc::CallbackServerContext* context,
                                               const v1::CancelEmailRequest* request,
                                               v1::CancelEmailResponse* response) {
  const auto admitted = Admit(access_, *context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) return Refuse(context, *error);
  if (const auto violations = ValidateCancel(*request); !violations.empty()) {
    return Refuse(context, violations);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto cancel = [this, reactor, response](const absl::StatusOr<storage::Email>& email) {
    if (!email.ok()) return reactor->Finish(ToRpcStatus(MakeStoreError(email.status())));
    store_.Cancel(email->record.email_id, clock_.Now(), FinishWithEmail(reactor, response));
  };
  store_.ReadEmail(request->email_id(), IfSeenBy(std::get<Caller>(admitted), std::move(cancel)));
  return reactor;
}

grpc::ServerUnaryReactor* Service::ListEmails(grpc::CallbackServerContext* context,
                                              const v1::ListEmailsRequest* request,
                                              v1::ListEmailsResponse* response) {
  const auto admitted = Admit(access_, *context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) return Refuse(context, *error);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  server::ListEmails(store_, *request, std::get<Caller>(admitted).visible_tenant(),
                     [reactor, response](std::variant<v1::ListEmailsResponse, v1::Error> result) {
                       Finish(reactor, std::move(result), response);
                     });
  return reactor;
}

}  // namespace mailstrom::server
