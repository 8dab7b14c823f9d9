#include "clients/cli/json.h"

#include <google/protobuf/util/json_util.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cpp/rpc_error.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::cli {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails only for an Any or a timestamp out of range, which the server never sends.
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

std::string ErrorJson(const absl::Status& status) {
  v1::Error error;
  error.set_code(static_cast<int>(status.code()));
  error.set_message(std::string(status.message()));
  v1::ErrorReason reason;
  if (v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", client::ErrorReason(status)), &reason)) {
    error.set_reason(reason);
  }
  for (const client::FieldViolation& violation : client::FieldViolations(status)) {
    v1::FieldViolation* added = error.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
  }
  return ToJson(error);
}

}  // namespace mailstrom::cli
