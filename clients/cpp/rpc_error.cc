#include "clients/cpp/rpc_error.h"

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "mailstrom/rpc/error_details.pb.h"

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
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : details.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
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
