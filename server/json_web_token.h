#ifndef MAILSTROM_SERVER_JSON_WEB_TOKEN_H_
#define MAILSTROM_SERVER_JSON_WEB_TOKEN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "mailstrom/config/v1/access_file.pb.h"
#include "server/json_web_keys.h"

namespace mailstrom::server {

// A JSON Web Token (RFC 7519) in the compact form of RFC 7515 §3.1, signed, which nobody has
// believed yet.
struct JsonWebToken {
  // Of the header.
  std::string algorithm;
  std::string key_id;
  // Of the payload.
  google::protobuf::Struct claims;
  // What is signed, and by what.
  std::string signed_text;
  std::string signature;
};

// Whether `token` has the form of one, and not that of an API key.
bool LooksLikeToken(absl::string_view token);

// Takes it apart. Unauthenticated: it is none, is longer than 8 KiB, or asks for what is not
// understood here (RFC 7515 §4.1.11). No error shows any of it.
absl::StatusOr<JsonWebToken> ParseToken(absl::string_view token);

// Unauthenticated unless one of `keys` signed it and, at `now`, its claims are for this server:
// `iss` and `aud` as configured, `exp` to come and `nbf` past, each by 30 s at most the other way.
absl::Status CheckToken(const JsonWebToken& token, const JsonWebKeys& keys,
                        const config::v1::TokenIssuerConfig& issuer, absl::Time now);

// Whether its claim `scope` (RFC 8693 §4.2) has this one.
bool HasScope(const JsonWebToken& token, absl::string_view scope);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_JSON_WEB_TOKEN_H_
