#include "server/access_control.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/api_key.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "server/json_web_token.h"
#include "server/read_file.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

v1::Error Unauthenticated(absl::string_view text) {
  return MakeError(grpc::StatusCode::UNAUTHENTICATED, text, v1::ERROR_REASON_UNSPECIFIED);
}

v1::Error TooManyFailures() {
  return MakeError(grpc::StatusCode::RESOURCE_EXHAUSTED,
                   "too many calls with wrong credentials; wait a minute",
                   v1::ERROR_REASON_RATE_LIMITED);
}

// The token of `Bearer TOKEN` (RFC 6750 §2.1); the scheme in any case. nullopt: there is not
// exactly one.
std::optional<absl::string_view> BearerToken(const CallCredentials& credentials) {
  constexpr absl::string_view kScheme = "bearer ";
  if (credentials.authorizations.size() != 1) return std::nullopt;
  const absl::string_view authorization = credentials.authorizations.front();
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return std::nullopt;
  return absl::StripAsciiWhitespace(authorization.substr(kScheme.size()));
}

// Whose credentials these are. Unauthenticated: nobody's; the message is fit for whoever shows
// them.
absl::StatusOr<Caller> Find(const CallCredentials& credentials, const AccessTable& table,
                            absl::Time now) {
  if (!credentials.authorizations.empty()) {
    const std::optional<absl::string_view> token = BearerToken(credentials);
    if (!token.has_value()) {
      return absl::UnauthenticatedError("the metadata `authorization` is not one `Bearer TOKEN`");
    }
    return LooksLikeToken(*token) ? table.FindToken(*token, now) : table.FindKey(*token, now);
  }
  if (credentials.certificate_names.empty()) {
    return absl::UnauthenticatedError(
        "no credentials: send an API key in the metadata `authorization: Bearer KEY`, or show a "
        "certificate");
  }
  std::optional<Caller> caller = table.FindCertificate(credentials.certificate_names);
  if (!caller.has_value()) return absl::UnauthenticatedError("the certificate is nobody's");
  return *std::move(caller);
}

}  // namespace

AccessControl::AccessControl(config::v1::AccessConfig config, const Clock& clock,
                             AttemptLimiter::Options limits)
    : config_(std::move(config)), clock_(clock), limiter_(limits) {}

absl::StatusOr<bool> AccessControl::Reload() {
  if (!is_required()) return false;
  absl::StatusOr<std::string> text = ReadFile(config_.file());
  if (!text.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("access.file: ", text.status().message()));
  }
  std::vector<std::string> texts = {*text};
  const auto read_file = [&](const std::string& path) {
    absl::StatusOr<std::string> bytes = ReadFile(path);
    if (bytes.ok()) texts.push_back(*bytes);
    return bytes;
  };
  absl::StatusOr<std::shared_ptr<const AccessTable>> table = AccessTable::Parse(*text, read_file);
  if (!table.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("access.file (", config_.file(), "): ", table.status().message()));
  }
  absl::MutexLock lock(&mutex_);
  if (table_ != nullptr && texts == texts_) return false;
  texts_ = std::move(texts);
  table_ = *std::move(table);
  for (const TenantPtr& tenant : table_->tenants()) {
    rates_[tenant->name].SetRate(tenant->emails_per_second);
  }
  return true;
}

std::variant<Caller, v1::Error> AccessControl::Admit(CallCredentials credentials) {
  if (!is_required()) return Caller();
  const std::shared_ptr<const AccessTable> table = this->table();
  if (table == nullptr) return Unauthenticated("the access file has not been read yet");
  const absl::Time now = clock_.Now();
  const std::optional<absl::string_view> token = BearerToken(credentials);
  const bool is_signed = token.has_value() && LooksLikeToken(*token);
  const std::optional<absl::string_view> id = token.has_value() ? ApiKeyId(*token) : std::nullopt;
  // Behind one address there may be many, so one who guesses must not lock the others out. Ids that
  // do not exist count as one.
  absl::string_view counted;
  if (is_signed) counted = "token";
  if (credentials.authorizations.empty()) counted = "certificate";
  if (id.has_value() && table->HasKeyId(*id)) counted = *id;
  const std::string source = absl::StrCat(credentials.host, " ", counted);
  // Neither certificates nor signatures are guessed, so good ones always count.
  const bool is_guess = !credentials.authorizations.empty() && !is_signed;
  // Nor does whoever shows an id that exists wait for what others did to ids that do not.
  const bool is_blocked = limiter_.IsBlocked(source, now, /*may_be_of_others=*/counted.empty());
  if (is_blocked && is_guess) return TooManyFailures();
  absl::StatusOr<Caller> caller = Find(credentials, *table, now);
  if (caller.ok()) {
    caller->credentials = std::make_shared<const CallCredentials>(std::move(credentials));
    return *std::move(caller);
  }
  if (credentials.authorizations.empty() && credentials.certificate_names.empty()) {
    return Unauthenticated(caller.status().message());
  }
  if (is_blocked) return TooManyFailures();
  limiter_.CountFailure(source, now);
  LogWarning("call refused", {{"host", credentials.host},
                              {"credentials", counted},
                              {"reason", caller.status().message()}});
  return Unauthenticated(caller.status().message());
}

bool AccessControl::StillAdmits(const Caller& caller) const {
  if (caller.credentials == nullptr) return true;
  const absl::StatusOr<Caller> found = Find(*caller.credentials, *table(), clock_.Now());
  return found.ok() && found->is_administrator == caller.is_administrator &&
         found->visible_tenant() == caller.visible_tenant();
}

TenantPtr AccessControl::TenantInForce(const Caller& caller) const {
  if (caller.tenant == nullptr) return nullptr;
  TenantPtr tenant = table()->FindTenant(caller.tenant->name);
  // Of one that is gone, the last email before its streams end.
  return tenant == nullptr ? caller.tenant : tenant;
}

bool AccessControl::MaySend(const Caller& caller) const {
  if (caller.tenant == nullptr) return true;
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  const auto found = rates_.find(caller.tenant->name);
  return found == rates_.end() || found->second.Available(now);
}

void AccessControl::CountEmail(const Caller& caller) {
  if (caller.tenant == nullptr) return;
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  const auto found = rates_.find(caller.tenant->name);
  if (found != rates_.end()) found->second.Spend(1, now);
}

std::shared_ptr<const AccessTable> AccessControl::table() const {
  absl::MutexLock lock(&mutex_);
  return table_;
}

}  // namespace mailstrom::server
