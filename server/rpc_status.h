#ifndef MAILSTROM_SERVER_RPC_STATUS_H_
#define MAILSTROM_SERVER_RPC_STATUS_H_

// The only place where an error turns into what a caller sees of it.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "message/message.h"

namespace mailstrom::server {

v1::Error MakeError(grpc::StatusCode code, absl::string_view text, v1::ErrorReason reason);

// INVALID_ARGUMENT with one violation per wrong field, as many as 64 KiB hold.
v1::Error MakeFieldError(const std::vector<message::Violation>& violations);

// UNAUTHENTICATED for a stream whose caller would not be let in any more.
v1::Error MakeCredentialsEndedError();

// PERMISSION_DENIED for what these fields ask.
v1::Error MakePermissionError(const std::vector<message::Violation>& violations);

// What a caller learns of an error of the store: NOT_FOUND, OUT_OF_RANGE, ALREADY_EXISTS (a
// request_id of another request), RESOURCE_EXHAUSTED (a full queue), DATA_LOSS and UNAVAILABLE with
// the matching reason; anything else is INTERNAL.
v1::Error MakeStoreError(const absl::Status& status);

// How an RPC ends with `error`. Carries google.rpc.ErrorInfo {reason, domain `mailstrom`} and, for
// wrong fields, google.rpc.BadRequest with as many of them as fit.
grpc::Status ToRpcStatus(const v1::Error& error);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_RPC_STATUS_H_
