#ifndef MAILSTROM_CLIENTS_CLI_ADMIN_CLIENT_H_
#define MAILSTROM_CLIENTS_CLI_ADMIN_CLIENT_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cli/connection.h"
#include "mailstrom/admin/v1/admin_service.grpc.pb.h"
#include "mailstrom/admin/v1/admin_service.pb.h"

namespace mailstrom::cli {

// Calls a server's administration service. Errors are as client::Client gives them. Lives on one
// thread.
class AdminClient {
 public:
  using Stub = admin::v1::AdminService::Stub;
  template <typename Request, typename Response>
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

  // Connects with the first call.
  explicit AdminClient(const Connection& connection);

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(Method<Request, Response> method, const Request& request) {
    Response response;
    grpc::ClientContext context;
    SetDeadline(context);
    const grpc::Status status = (*stub_.*method)(&context, request, &response);
    if (!status.ok()) return ToStatus(status);
    return response;
  }

 private:
  void SetDeadline(grpc::ClientContext& context) const;
  static absl::Status ToStatus(const grpc::Status& status);

  const std::unique_ptr<Stub> stub_;
  // A summary of a long queue takes a while.
  const absl::Duration timeout_;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_ADMIN_CLIENT_H_
