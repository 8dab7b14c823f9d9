#ifndef MAILSTROM_CLIENTS_CPP_RPC_ERROR_H_
#define MAILSTROM_CLIENTS_CPP_RPC_ERROR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace mailstrom::v1 {
class Error;
}  // namespace mailstrom::v1

namespace mailstrom::client {

// One field of a request that the server refused.
struct FieldViolation {
  // Path from the request, such as `content.to[1].address`.
  std::string field;
  // What is wrong with it, and what would be right.
  std::string description;
};

// What a call ended with. The server's error details become payloads under their type URLs, for
// the functions below. CANCELLED becomes Unavailable: so a server that stops refuses calls that it
// has not begun. Not for a call that was cancelled on this side.
absl::Status FromRpcStatus(const grpc::Status& status);

// What became of one request of a stream.
absl::Status FromStreamError(const v1::Error& error);

// The name from ErrorReason, such as `FIELD_INVALID`; empty when the server gave none.
std::string ErrorReason(const absl::Status& status);

// All fields that the server found wrong, in its order.
std::vector<FieldViolation> FieldViolations(const absl::Status& status);

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_RPC_ERROR_H_
