#include "server/access_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/api_key.h"
#include "base/status_macros.h"
#include "base/yaml_proto.h"
#include "message/address.h"
#include "server/json.h"

namespace mailstrom::server {
namespace {

constexpr size_t kHashBytes = 32;
constexpr double kMaxRate = 1e6;

// Of the claim `sub`, as OpenID Connect Core 1.0 §2 has it.
constexpr size_t kMaxSubjectBytes = 255;

// What is wrong, by path.
using Complaints = std::vector<std::string>;

void Complain(const std::string& path, absl::string_view problem, Complaints& complaints) {
  complaints.push_back(absl::StrCat(path, ": ", problem));
}

bool IsTenantName(absl::string_view name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || absl::StrContains("_.-", c);
  });
}

bool IsHash(absl::string_view hex) {
  return hex.size() == 2 * kHashBytes && std::all_of(hex.begin(), hex.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

// In the form of AddrSpec::domain, with its `*.` if it has one.
std::optional<std::string> NormalizeDomain(absl::string_view pattern) {
  const absl::string_view wildcard = absl::StartsWith(pattern, "*.") ? "*." : "";
  const absl::StatusOr<message::AddrSpec> parsed =
      message::ParseAddrSpec(absl::StrCat("x@", pattern.substr(wildcard.size())));
  if (!parsed.ok()) return std::nullopt;
  return absl::StrCat(wildcard, parsed->domain);
}

TenantPtr MakeTenant(const config::v1::TenantConfig& config, const std::string& path,
                     Complaints& complaints) {
  auto tenant = std::make_shared<Tenant>();
  tenant->name = config.name();
  if (!IsTenantName(config.name())) {
    Complain(path + ".name", "is no name: 1 to 63 characters of [a-z0-9_.-]", complaints);
  }
  for (const std::string& pattern : config.from_domains()) {
    std::optional<std::string> domain = NormalizeDomain(pattern);
    if (domain.has_value()) {
      tenant->from_domains.push_back(*std::move(domain));
    } else {
      Complain(path + ".from_domains", absl::StrCat("\"", pattern, "\" is no domain"), complaints);
    }
  }
  tenant->emails_per_second = config.emails_per_second();
  if (!(config.emails_per_second() >= 0 && config.emails_per_second() <= kMaxRate)) {
    Complain(path + ".emails_per_second", "is not between 0 and 1000000", complaints);
  }
  if (config.has_max_message_bytes()) {
    tenant->max_message_bytes = config.max_message_bytes();
    if (config.max_message_bytes() < 1) {
      Complain(path + ".max_message_bytes", "is less than 1", complaints);
    }
  }
  if (config.has_max_queued_recipients()) {
    tenant->max_queued_recipients = config.max_queued_recipients();
    if (config.max_queued_recipients() < 1) {
      Complain(path + ".max_queued_recipients", "is less than 1", complaints);
    }
  }
  return tenant;
}

}  // namespace

template <typename Config>
void AccessTable::AddCredentials(const Config& config, const std::string& path,
                                 const Caller& caller, Complaints& complaints) {
  for (int i = 0; i < config.keys_size(); ++i) {
    const config::v1::ApiKeyConfig& key = config.keys(i);
    const std::string key_path = absl::StrCat(path, ".keys[", i, "]");
    Key entry = {"", absl::InfiniteFuture(), caller};
    if (IsHash(key.sha256())) {
      entry.hash = absl::HexStringToBytes(key.sha256());
    } else {
      Complain(key_path + ".sha256", "is not the SHA-256 of a key, 64 hexadecimal digits",
               complaints);
    }
    std::string error;
    if (!key.expire_time().empty() &&
        !absl::ParseTime(absl::RFC3339_full, key.expire_time(), &entry.expire_time, &error)) {
      Complain(key_path + ".expire_time", "is no time such as 2027-01-31T00:00:00Z", complaints);
    }
    if (key.id().empty()) Complain(key_path + ".id", "is required", complaints);
    if (!keys_.emplace(key.id(), std::move(entry)).second) {
      Complain(key_path + ".id", "is that of another key", complaints);
    }
  }
  for (const std::string& name : config.certificate_names()) {
    if (name.empty() || !certificate_names_.emplace(name, caller).second) {
      Complain(path + ".certificate_names", absl::StrCat("\"", name, "\" is empty or there twice"),
               complaints);
    }
  }
}

void AccessTable::AddIssuer(config::v1::TokenIssuerConfig config, const std::string& path,
                            FileReader read_file, Complaints& complaints) {
  if (config.tenant_claim().empty()) config.set_tenant_claim("tenant");
  if (config.issuer().empty()) Complain(path + ".issuer", "is required", complaints);
  if (config.audience().empty()) Complain(path + ".audience", "is required", complaints);
  for (const std::string& tenant : config.tenants()) {
    if (!tenants_by_name_.contains(tenant)) {
      Complain(path + ".tenants", absl::StrCat("\"", tenant, "\" is no tenant"), complaints);
    }
  }
  if (config.jwks_file().empty()) {
    return Complain(path + ".jwks_file", "is required", complaints);
  }
  const absl::StatusOr<std::string> text = read_file(config.jwks_file());
  if (!text.ok()) return Complain(path + ".jwks_file", text.status().message(), complaints);
  absl::StatusOr<JsonWebKeys> keys = JsonWebKeys::Parse(*text);
  if (!keys.ok()) {
    return Complain(path + ".jwks_file",
                    absl::StrCat(config.jwks_file(), " ", keys.status().message()), complaints);
  }
  const std::string name = config.issuer();
  if (!issuers_.try_emplace(name, Issuer{std::move(config), *std::move(keys)}).second) {
    Complain(path + ".issuer", "is that of another", complaints);
  }
}

absl::StatusOr<std::shared_ptr<const AccessTable>> AccessTable::Parse(absl::string_view yaml,
                                                                      FileReader read_file) {
  config::v1::AccessFile file;
  RETURN_IF_ERROR(ParseYaml(yaml, file));
  auto table = std::make_shared<AccessTable>();
  Complaints complaints;
  if (file.tenants().empty()) Complain("tenants", "is required", complaints);
  for (int i = 0; i < file.tenants_size(); ++i) {
    const std::string path = absl::StrCat("tenants[", i, "]");
    const TenantPtr tenant = MakeTenant(file.tenants(i), path, complaints);
    table->tenants_.push_back(tenant);
    if (!table->tenants_by_name_.emplace(tenant->name, tenant).second) {
      Complain(path + ".name", "is that of another tenant", complaints);
    }
    table->AddCredentials(file.tenants(i), path, {.tenant = tenant}, complaints);
  }
  table->AddCredentials(file.administrators(), "administrators", {.is_administrator = true},
                        complaints);
  for (int i = 0; i < file.token_issuers_size(); ++i) {
    table->AddIssuer(file.token_issuers(i), absl::StrCat("token_issuers[", i, "]"), read_file,
                     complaints);
  }
  if (!complaints.empty()) return absl::InvalidArgumentError(absl::StrJoin(complaints, "\n"));
  return table;
}

absl::StatusOr<Caller> AccessTable::FindKey(absl::string_view key, absl::Time now) const {
  const std::optional<absl::string_view> id = ApiKeyId(key);
  if (!id.has_value()) return absl::UnauthenticatedError("the bearer token is not an API key");
  const auto found = keys_.find(*id);
  const std::string hash = HashApiKey(key);
  // One that is unknown takes as long, and is told the same, as one that is wrong.
  const std::string& wanted =
      found == keys_.end() ? std::string(kHashBytes, '\0') : found->second.hash;
  if (!HashesEqual(hash, wanted) || found == keys_.end()) {
    return absl::UnauthenticatedError("the API key is unknown");
  }
  if (now >= found->second.expire_time) {
    return absl::UnauthenticatedError(absl::StrCat("the API key ", *id, " has expired"));
  }
  Caller caller = found->second.caller;
  caller.name = std::string(*id);
  return caller;
}

absl::StatusOr<Caller> AccessTable::FindToken(absl::string_view token, absl::Time now) const {
  ASSIGN_OR_RETURN(const JsonWebToken parsed, ParseToken(token));
  const auto issuer = issuers_.find(StringIn(parsed.claims, "iss"));
  if (issuer == issuers_.end()) {
    return absl::UnauthenticatedError("the token is of an issuer that is not known here");
  }
  RETURN_IF_ERROR(CheckToken(parsed, issuer->second.keys, issuer->second.config, now));
  ASSIGN_OR_RETURN(Caller caller, CallerOf(parsed, issuer->second));
  const std::string subject = StringIn(parsed.claims, "sub");
  const bool is_usable = !subject.empty() && subject.size() <= kMaxSubjectBytes;
  caller.name = is_usable ? subject : issuer->first;
  return caller;
}

TenantPtr AccessTable::FindTenant(const std::string& name) const {
  const auto tenant = tenants_by_name_.find(name);
  return tenant == tenants_by_name_.end() ? nullptr : tenant->second;
}

absl::StatusOr<Caller> AccessTable::CallerOf(const JsonWebToken& token,
                                             const Issuer& issuer) const {
  const std::string& scope = issuer.config.administrator_scope();
  if (!scope.empty() && HasScope(token, scope)) return Caller{.is_administrator = true};
  const std::string name = StringIn(token.claims, issuer.config.tenant_claim().c_str());
  TenantPtr tenant = FindTenant(name);
  const auto& allowed = issuer.config.tenants();
  const bool is_allowed =
      allowed.empty() || std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  if (tenant == nullptr || !is_allowed) {
    return absl::UnauthenticatedError(absl::StrCat(
        "the token's claim ", issuer.config.tenant_claim(), " names no tenant of its issuer"));
  }
  return Caller{.tenant = std::move(tenant)};
}

std::optional<Caller> AccessTable::FindCertificate(absl::Span<const std::string> names) const {
  std::optional<Caller> caller;
  std::string first;
  for (const std::string& name : names) {
    const auto found = certificate_names_.find(name);
    if (found == certificate_names_.end()) continue;
    if (caller.has_value() && *caller != found->second) return std::nullopt;
    if (!caller.has_value()) first = name;
    caller = found->second;
  }
  if (caller.has_value()) caller->name = std::move(first);
  return caller;
}

}  // namespace mailstrom::server
