#include "server/rpc_status.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "mailstrom/rpc/error_details.pb.h"
#include "storage/store.h"

namespace mailstrom::server {
namespace {

// The names under which every gRPC library looks for the details.
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

constexpr size_t kMaxDescriptionBytes = 1000;
// A request that is wrong everywhere must not be answered with more than it was.
constexpr size_t kMaxViolationBytes = size_t{64} << 10;
// Metadata of a response is bounded on the way (8 KiB by default).
constexpr size_t kMaxDetailBytes = 5000;

void AddDetail(const char* type_url, const google::protobuf::Message& detail, rpc::Status& status) {
  google::protobuf::Any& any = *status.add_details();
  any.set_type_url(type_url);
  detail.SerializeToString(any.mutable_value());
}

std::string ReasonName(v1::ErrorReason reason) {
  return std::string(absl::StripPrefix(v1::ErrorReason_Name(reason), "ERROR_REASON_"));
}

rpc::BadRequest ToBadRequest(const v1::Error& error) {
  rpc::BadRequest bad_request;
  size_t bytes = 0;
  for (const v1::FieldViolation& violation : error.field_violations()) {
    bytes += violation.field().size() + violation.description().size() + 8;
    if (bytes > kMaxDetailBytes && bad_request.field_violations_size() > 0) break;
    rpc::BadRequest::FieldViolation& out = *bad_request.add_field_violations();
    out.set_field(violation.field());
    out.set_description(violation.description());
  }
  return bad_request;
}

v1::Error MakeViolationError(std::string text, const std::vector<message::Violation>& violations,
                             grpc::StatusCode code, v1::ErrorReason reason) {
  if (!violations.empty()) {
    absl::StrAppend(&text, ": ", violations[0].field, ": ",
                    violations[0].description.substr(0, 300));
  }
  if (violations.size() > 1) absl::StrAppend(&text, " (and ", violations.size() - 1, " more)");
  v1::Error error = MakeError(code, text, reason);
  size_t bytes = 0;
  for (const message::Violation& violation : violations) {
    v1::FieldViolation out;
    out.set_field(violation.field);
    out.set_description(violation.description.substr(0, kMaxDescriptionBytes));
    bytes += out.field().size() + out.description().size() + 8;
    if (bytes > kMaxViolationBytes && error.field_violations_size() > 0) break;
    *error.add_field_violations() = std::move(out);
  }
  return error;
}

}  // namespace

v1::Error MakeError(grpc::StatusCode code, absl::string_view text, v1::ErrorReason reason) {
  v1::Error error;
  error.set_code(code);
  error.set_message(std::string(text));
  error.set_reason(reason);
  return error;
}

v1::Error MakeFieldError(const std::vector<message::Violation>& violations) {
  return MakeViolationError("invalid request", violations, grpc::StatusCode::INVALID_ARGUMENT,
                            v1::ERROR_REASON_FIELD_INVALID);
}

v1::Error MakeCredentialsEndedError() {
  return MakeError(grpc::StatusCode::UNAUTHENTICATED, "the credentials are no longer good",
                   v1::ERROR_REASON_UNSPECIFIED);
}

v1::Error MakePermissionError(const std::vector<message::Violation>& violations) {
  return MakeViolationError("permission denied", violations, grpc::StatusCode::PERMISSION_DENIED,
                            v1::ERROR_REASON_PERMISSION_DENIED);
}

v1::Error MakeStoreError(const absl::Status& status) {
  using grpc::StatusCode;
  const absl::string_view text = status.message();
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return MakeError(StatusCode::NOT_FOUND, text, v1::ERROR_REASON_EMAIL_NOT_FOUND);
    case absl::StatusCode::kOutOfRange:
      return MakeError(StatusCode::OUT_OF_RANGE, text, v1::ERROR_REASON_CURSOR_INVALID);
    case absl::StatusCode::kResourceExhausted:
      return MakeError(StatusCode::RESOURCE_EXHAUSTED, text, v1::ERROR_REASON_QUEUE_FULL);
    case absl::StatusCode::kDataLoss:
      return MakeError(StatusCode::DATA_LOSS, text, v1::ERROR_REASON_STORAGE_UNAVAILABLE);
    case absl::StatusCode::kUnavailable:
      return MakeError(StatusCode::UNAVAILABLE, text, v1::ERROR_REASON_STORAGE_UNAVAILABLE);
    default:
      break;
  }
  if (storage::IsRequestKeyReused(status)) {
    return MakeError(StatusCode::ALREADY_EXISTS, text, v1::ERROR_REASON_REQUEST_ID_REUSED);
  }
  return MakeError(StatusCode::INTERNAL, text, v1::ERROR_REASON_UNSPECIFIED);
}

grpc::Status ToRpcStatus(const v1::Error& error) {
  rpc::Status status;
  status.set_code(error.code());
  status.set_message(error.message());
  if (error.reason() != v1::ERROR_REASON_UNSPECIFIED) {
    rpc::ErrorInfo info;
    info.set_reason(ReasonName(error.reason()));
    info.set_domain("mailstrom");
    AddDetail(kErrorInfoUrl, info, status);
  }
  if (!error.field_violations().empty()) AddDetail(kBadRequestUrl, ToBadRequest(error), status);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(),
                      status.SerializeAsString());
}

}  // namespace mailstrom::server
