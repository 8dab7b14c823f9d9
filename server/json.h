#ifndef MAILSTROM_SERVER_JSON_H_
#define MAILSTROM_SERVER_JSON_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/struct.pb.h"

namespace mailstrom::server {

// What tokens and their keys are written in. nullopt: `json` is no object, names a member twice, or
// is nested too deep.
std::optional<google::protobuf::Struct> ParseJsonObject(absl::string_view json);

// The member of this name; empty when there is none, or it is no string.
std::string StringIn(const google::protobuf::Struct& object, const char* name);

// Base64url without padding (RFC 7515 §2); nullopt: it is not that.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_JSON_H_
