#ifndef MAILSTROM_BASE_YAML_PROTO_H_
#define MAILSTROM_BASE_YAML_PROTO_H_

// YAML as a notation for protobuf messages. Keys are field names; google.protobuf.Duration is
// written as numbers with units (`500ms`, `30s`, `1h30m`, `5d`); enums by the names of their
// values.

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace mailstrom {

// Fills `message` from `yaml`. InvalidArgument: lists every unknown, repeated or ill-typed field,
// one a line, each with its line number and path.
absl::Status ParseYaml(absl::string_view yaml, google::protobuf::Message& message);

// Writes the fields that are set.
std::string FormatYaml(const google::protobuf::Message& message);

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_YAML_PROTO_H_
