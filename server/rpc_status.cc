#include "server/rpc_status.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "mailstrom/rpc/error_details.pb.h"

namespace mailstrom::server {
namespace {

// The names under which every gRPC library looks for the details.
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

void AddDetail(const char* type_url, const google::protobuf::Message& detail, rpc::Status& status) {
  google::protobuf::Any& any = *status.add_details();
  any.set_type_url(type_url);
  detail.SerializeToString(any.mutable_value());
}

rpc::Status MakeStatus(grpc::StatusCode code, const std::string& text, v1::ErrorReason reason,
                       const std::map<std::string, std::string>& metadata) {
  rpc::Status status;
  status.set_code(code);
  status.set_message(text);
  rpc::ErrorInfo info;
  info.set_reason(std::string(absl::StripPrefix(v1::ErrorReason_Name(reason), "ERROR_REASON_")));
  info.set_domain("mailstrom");
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  AddDetail(kErrorInfoUrl, info, status);
  return status;
}

grpc::Status ToGrpc(const rpc::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(),
                      status.SerializeAsString());
}

}  // namespace

grpc::Status MakeRpcStatus(grpc::StatusCode code, const std::string& text, v1::ErrorReason reason,
                           const std::map<std::string, std::string>& metadata) {
  return ToGrpc(MakeStatus(code, text, reason, metadata));
}

grpc::Status MakeBadRequest(const std::vector<message::Violation>& violations) {
  // Metadata of a response is bounded on the way (8 KiB by default), so a request that is wrong
  // everywhere is answered with as many violations as fit; the text says how many there are.
  constexpr size_t kMaxDetailBytes = 5000;
  std::string text = "invalid request";
  if (!violations.empty()) {
    absl::StrAppend(&text, ": ", violations[0].field, ": ",
                    violations[0].description.substr(0, 300));
  }
  if (violations.size() > 1) absl::StrAppend(&text, " (and ", violations.size() - 1, " more)");
  rpc::Status status =
      MakeStatus(grpc::StatusCode::INVALID_ARGUMENT, text, v1::ERROR_REASON_FIELD_INVALID, {});
  rpc::BadRequest bad_request;
  size_t bytes = 0;
  for (const message::Violation& violation : violations) {
    bytes += violation.field.size() + violation.description.size() + 8;
    if (bytes > kMaxDetailBytes && bad_request.field_violations_size() > 0) break;
    rpc::BadRequest::FieldViolation& out = *bad_request.add_field_violations();
    out.set_field(violation.field);
    out.set_description(violation.description.substr(0, 1000));
  }
  AddDetail(kBadRequestUrl, bad_request, status);
  return ToGrpc(status);
}

grpc::Status MakeUnimplemented(absl::string_view what) {
  return grpc::Status(grpc::StatusCode::UNIMPLEMENTED,
                      absl::StrCat(what, " is not supported by this server"));
}

grpc::Status FromStoreStatus(const absl::Status& status) {
  const std::string text(status.message());
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return MakeRpcStatus(grpc::StatusCode::NOT_FOUND, text, v1::ERROR_REASON_EMAIL_NOT_FOUND);
    case absl::StatusCode::kOutOfRange:
      return MakeRpcStatus(grpc::StatusCode::OUT_OF_RANGE, text, v1::ERROR_REASON_CURSOR_INVALID);
    case absl::StatusCode::kDataLoss:
      return MakeRpcStatus(grpc::StatusCode::DATA_LOSS, text, v1::ERROR_REASON_STORAGE_UNAVAILABLE);
    case absl::StatusCode::kUnavailable:
      return MakeRpcStatus(grpc::StatusCode::UNAVAILABLE, text,
                           v1::ERROR_REASON_STORAGE_UNAVAILABLE);
    default:
      return grpc::Status(grpc::StatusCode::INTERNAL, text);
  }
}

}  // namespace mailstrom::server
