#ifndef MAILSTROM_CLIENTS_CPP_FAKE_SERVER_H_
#define MAILSTROM_CLIENTS_CPP_FAKE_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "mailstrom/v1/mailstrom_service.pb.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace mailstrom::client {

// What a FakeServer answers. Called on gRPC's threads, so what they share with the test needs a
// lock. Unset ones answer UNIMPLEMENTED.
struct FakeHandlers {
  std::function<grpc::Status(const v1::SendEmailRequest&, v1::SendEmailResponse&)> send_email;
  std::function<grpc::Status(const v1::QueryStatusRequest&, v1::QueryStatusResponse&)> query_status;
  std::function<grpc::Status(const v1::QueryDialoguesRequest&, v1::QueryDialoguesResponse&)>
      query_dialogues;
  std::function<grpc::Status(const v1::CancelEmailRequest&, v1::CancelEmailResponse&)> cancel_email;
  std::function<grpc::Status(const v1::ListEmailsRequest&, v1::ListEmailsResponse&)> list_emails;
  // Reads a request of the stream; false after the last, or once the client has gone.
  using SendReader = std::function<bool(v1::SendEmailsRequest&)>;
  using SendWriter = std::function<bool(const v1::SendEmailsResponse&)>;
  std::function<grpc::Status(const SendReader&, const SendWriter&)> send_emails;
  // Writes a response of the stream; false once the client has gone.
  using Writer = std::function<bool(const v1::WatchStatusResponse&)>;
  std::function<grpc::Status(const v1::WatchStatusRequest&, const Writer&)> watch_status;
};

// A Mailstrom service in this process, on a free port of 127.0.0.1.
class FakeServer {
 public:
  explicit FakeServer(FakeHandlers handlers);
  // Cancels what is under way.
  ~FakeServer();

  // `host:port`.
  const std::string& address() const { return address_; }

 private:
  struct Service;

  const std::unique_ptr<Service> service_;
  std::string address_;
};

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_FAKE_SERVER_H_
