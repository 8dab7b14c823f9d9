#include "clients/cpp/fake_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"

namespace mailstrom::client {

struct FakeServer::Service final : public v1::MailstromService::Service {
  explicit Service(FakeHandlers handlers) : handlers(std::move(handlers)) {}

  grpc::Status SendEmail(grpc::ServerContext*, const v1::SendEmailRequest* request,
                         v1::SendEmailResponse* response) override {
    if (!handlers.send_email) return Unimplemented();
    return handlers.send_email(*request, *response);
  }

  grpc::Status SendEmails(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::SendEmailsResponse, v1::SendEmailsRequest>* stream) override {
    if (!handlers.send_emails) return Unimplemented();
    return handlers.send_emails(
        [stream](v1::SendEmailsRequest& request) { return stream->Read(&request); },
        [stream](const v1::SendEmailsResponse& response) { return stream->Write(response); });
  }

  grpc::Status QueryStatus(grpc::ServerContext*, const v1::QueryStatusRequest* request,
                           v1::QueryStatusResponse* response) override {
    if (!handlers.query_status) return Unimplemented();
    return handlers.query_status(*request, *response);
  }

  grpc::Status QueryDialogues(grpc::ServerContext*, const v1::QueryDialoguesRequest* request,
                              v1::QueryDialoguesResponse* response) override {
    if (!handlers.query_dialogues) return Unimplemented();
    return handlers.query_dialogues(*request, *response);
  }

  grpc::Status CancelEmail(grpc::ServerContext*, const v1::CancelEmailRequest* request,
                           v1::CancelEmailResponse* response) override {
    if (!handlers.cancel_email) return Unimplemented();
    return handlers.cancel_email(*request, *response);
  }

  grpc::Status ListEmails(grpc::ServerContext*, const v1::ListEmailsRequest* request,
                          v1::ListEmailsResponse* response) override {
    if (!handlers.list_emails) return Unimplemented();
    return handlers.list_emails(*request, *response);
  }

  grpc::Status WatchStatus(grpc::ServerContext*, const v1::WatchStatusRequest* request,
                           grpc::ServerWriter<v1::WatchStatusResponse>* stream) override {
    if (!handlers.watch_status) return Unimplemented();
    return handlers.watch_status(*request, [stream](const v1::WatchStatusResponse& response) {
      return stream->Write(response);
    });
  }

  static grpc::Status Unimplemented() {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "this fake does not answer it");
  }

  const FakeHandlers handlers;
  std::unique_ptr<grpc::Server> server;
};

FakeServer::FakeServer(FakeHandlers handlers)
    : service_(std::make_unique<Service>(std::move(handlers))) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service_.get());
  service_->server = builder.BuildAndStart();
  address_ = absl::StrCat("127.0.0.1:", port);
}

FakeServer::~FakeServer() { service_->server->Shutdown(absl::ToChronoTime(absl::Now())); }

}  // namespace mailstrom::client
