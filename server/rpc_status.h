#ifndef MAILSTROM_SERVER_RPC_STATUS_H_
#define MAILSTROM_SERVER_RPC_STATUS_H_

// The only place where an error turns into a gRPC status.

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "message/message.h"

namespace mailstrom::server {

// A status that carries google.rpc.ErrorInfo {reason, domain `mailstrom`, metadata}.
grpc::Status MakeRpcStatus(grpc::StatusCode code, const std::string& text, v1::ErrorReason reason,
                           const std::map<std::string, std::string>& metadata = {});

// INVALID_ARGUMENT with one google.rpc.BadRequest violation per wrong field.
grpc::Status MakeBadRequest(const std::vector<message::Violation>& violations);

// UNIMPLEMENTED that names what this server does not do.
grpc::Status MakeUnimplemented(absl::string_view what);

// What the caller of an RPC learns of an error of the store: NOT_FOUND for NotFound, else
// UNAVAILABLE or INTERNAL, with the matching reason.
grpc::Status FromStoreStatus(const absl::Status& status);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_RPC_STATUS_H_
