#include "server/json_web_token.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/json.h"

namespace mailstrom::server {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxTokenBytes = 8192;
// Between the clocks of the issuer and of this server.
constexpr absl::Duration kLeeway = absl::Seconds(30);
// A time beyond is none (the year 9999).
constexpr double kMaxTime = 253402300799;

absl::Status Refused(absl::string_view problem) {
  return absl::UnauthenticatedError(absl::StrCat("the token ", problem));
}

std::optional<Struct> DecodePart(absl::string_view part) {
  const std::optional<std::string> json = DecodeBase64Url(part);
  return json.has_value() ? ParseJsonObject(*json) : std::nullopt;
}

// A NumericDate (RFC 7519 §2); nullopt: missing, or none.
std::optional<absl::Time> TimeIn(const Struct& claims, const char* name) {
  const auto found = claims.fields().find(name);
  if (found == claims.fields().end() || !found->second.has_number_value()) return std::nullopt;
  const double seconds = found->second.number_value();
  if (!(seconds >= 0 && seconds <= kMaxTime)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool IsFor(const Struct& claims, const std::string& audience) {
  const auto found = claims.fields().find("aud");
  if (found == claims.fields().end()) return false;
  if (found->second.has_string_value()) return found->second.string_value() == audience;
  const auto& values = found->second.list_value().values();
  return std::any_of(values.begin(), values.end(),
                     [&](const Value& value) { return value.string_value() == audience; });
}

}  // namespace

bool LooksLikeToken(absl::string_view token) {
  return std::count(token.begin(), token.end(), '.') == 2;
}

absl::StatusOr<JsonWebToken> ParseToken(absl::string_view token) {
  if (token.size() > kMaxTokenBytes) return Refused("is longer than 8 KiB");
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  if (parts.size() != 3) return Refused("is not three parts");
  const std::optional<Struct> header = DecodePart(parts[0]);
  std::optional<Struct> claims = DecodePart(parts[1]);
  std::optional<std::string> signature = DecodeBase64Url(parts[2]);
  if (!header.has_value() || !claims.has_value() || !signature.has_value()) {
    return Refused("does not parse");
  }
  if (header->fields().contains("crit")) return Refused("has critical extensions");
  JsonWebToken out;
  out.algorithm = StringIn(*header, "alg");
  out.key_id = StringIn(*header, "kid");
  out.claims = *std::move(claims);
  out.signed_text = absl::StrCat(parts[0], ".", parts[1]);
  out.signature = *std::move(signature);
  return out;
}

absl::Status CheckToken(const JsonWebToken& token, const JsonWebKeys& keys,
                        const config::v1::TokenIssuerConfig& issuer, absl::Time now) {
  if (StringIn(token.claims, "iss") != issuer.issuer()) return Refused("is of another issuer");
  // An algorithm that no key is for, such as `none` or `HS256`, verifies nothing.
  if (!keys.Verify(token.algorithm, token.key_id, token.signed_text, token.signature)) {
    return Refused("has no signature by one of its issuer's keys");
  }
  if (!IsFor(token.claims, issuer.audience())) return Refused("is for another audience");
  const std::optional<absl::Time> expires = TimeIn(token.claims, "exp");
  if (!expires.has_value()) return Refused("has no time `exp`");
  if (now >= *expires + kLeeway) return Refused("has expired");
  if (token.claims.fields().contains("nbf")) {
    const std::optional<absl::Time> begins = TimeIn(token.claims, "nbf");
    if (!begins.has_value() || now < *begins - kLeeway) return Refused("is not good yet");
  }
  return absl::OkStatus();
}

bool HasScope(const JsonWebToken& token, absl::string_view scope) {
  const std::string scopes = StringIn(token.claims, "scope");
  const std::vector<absl::string_view> all = absl::StrSplit(scopes, ' ');
  return std::find(all.begin(), all.end(), scope) != all.end();
}

}  // namespace mailstrom::server
