#include "clients/cpp/rpc_error.h"

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/strip.h"
#include "mailstrom/rpc/error_details.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::client {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

// False when the status has no such detail, or one that does not parse.
template <typename Message>
bool ReadDetail(const absl::Status& status, const char* type_url, Message& detail) {
  const absl::optional<absl::Cord> payload = status.GetPayload(type_url);
  return payload.has_value() && detail.ParseFromString(std::string(*payload));
}

}  // namespace

absl::Status FromRpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const bool is_refused = status.error_code() == grpc::StatusCode::CANCELLED;
  absl::Status result(is_refused ? absl::StatusCode::kUnavailable
                                 : static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
  rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : details.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return result;
}

absl::Status FromStreamError(const v1::Error& error) {
  absl::Status result(static_cast<absl::StatusCode>(error.code()), error.message());
  rpc::ErrorInfo info;
  if (error.reason() != v1::ERROR_REASON_UNSPECIFIED) {
    const std::string name = v1::ErrorReason_Name(error.reason());
    info.set_reason(std::string(absl::StripPrefix(name, "ERROR_REASON_")));
  }
  const std::string info_bytes = info.SerializeAsString();
  result.SetPayload(kErrorInfoUrl, absl::Cord(info_bytes));
  rpc::BadRequest request;
  for (const v1::FieldViolation& violation : error.field_violations()) {
    auto& added = *request.add_field_violations();
    added.set_field(violation.field());
    added.set_description(violation.description());
  }
  const std::string request_bytes = request.SerializeAsString();
  result.SetPayload(kBadRequestUrl, absl::Cord(request_bytes));
  return result;
}

std::string ErrorReason(const absl::Status& status) {
  rpc::ErrorInfo info;
  return ReadDetail(status, kErrorInfoUrl, info) ? info.reason() : "";
}

std::vector<FieldViolation> FieldViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  rpc::BadRequest request;
  if (!ReadDetail(status, kBadRequestUrl, request)) return violations;
  for (const auto& violation : request.field_violations()) {
    violations.push_back({violation.field(), violation.description()});
  }
  return violations;
}

}  // namespace mailstrom::client
