#ifndef MAILSTROM_CLIENTS_CLI_JSON_H_
#define MAILSTROM_CLIENTS_CLI_JSON_H_

#include <string>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace mailstrom::cli {

// ProtoJSON in one line, with the field names of the .proto files.
std::string ToJson(const google::protobuf::Message& message);

// What a call ended with, as a `mailstrom.v1.Error`.
std::string ErrorJson(const absl::Status& status);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_JSON_H_
