#include "server/admin/admin_validator.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "message/domain.h"
#include "server/api_conversion.h"
#include "storage/store.h"

namespace mailstrom::server {
namespace {

using Violations = std::vector<message::Violation>;

constexpr size_t kMaxAuthorBytes = 256;
constexpr size_t kMaxReasonBytes = 1024;
constexpr size_t kMaxNameBytes = 2048;
constexpr size_t kMaxHostBytes = 255;
constexpr size_t kMaxTagNameBytes = 64;
constexpr size_t kMaxTagValueBytes = 256;
constexpr size_t kMaxAddressBytes = 512;
constexpr int kMaxTags = 16;

void CheckLength(absl::string_view field, absl::string_view text, size_t max, Violations& out) {
  if (text.size() <= max) return;
  out.push_back({std::string(field), absl::StrCat("has ", text.size(), " bytes; at most ", max)});
}

void CheckDomain(absl::string_view field, absl::string_view domain, Violations& out) {
  // A literal stands for itself.
  if (!domain.empty() && domain.front() == '[') {
    return CheckLength(field, domain, kMaxHostBytes, out);
  }
  const absl::StatusOr<std::string> normalized = message::NormalizeDomain(domain);
  if (normalized.ok()) return;
  out.push_back({std::string(field),
                 absl::StrCat("is no domain: ", std::string(normalized.status().message()))});
}

void CheckTag(absl::string_view field, absl::string_view name, absl::string_view value,
              Violations& out) {
  if (name.empty()) out.push_back({std::string(field), "needs a name"});
  CheckLength(field, name, kMaxTagNameBytes, out);
  CheckLength(field, value, kMaxTagValueBytes, out);
}

void CheckScope(const admin::v1::Scope& scope, Violations& out) {
  switch (scope.scope_case()) {
    case admin::v1::Scope::kSite:
      if (scope.site().empty()) out.push_back({"scope.site", "is required"});
      return CheckLength("scope.site", scope.site(), kMaxNameBytes, out);
    case admin::v1::Scope::kDomain:
      return CheckDomain("scope.domain", absl::StripPrefix(scope.domain(), "*."), out);
    case admin::v1::Scope::kTenant:
      if (scope.tenant().empty()) out.push_back({"scope.tenant", "is required"});
      return CheckLength("scope.tenant", scope.tenant(), kMaxTagValueBytes, out);
    case admin::v1::Scope::kTag:
      return CheckTag("scope.tag", scope.tag().name(), scope.tag().value(), out);
    case admin::v1::Scope::SCOPE_NOT_SET:
      out.push_back({"scope", "is required: a site, domain, tenant or tag"});
      return;
  }
}

template <typename Request>
void CheckOrder(const Request& request, absl::Time now, Violations& out) {
  CheckScope(request.scope(), out);
  CheckLength("author", request.author(), kMaxAuthorBytes, out);
  CheckLength("reason", request.reason(), kMaxReasonBytes, out);
  if (request.has_expire_time() && FromTimestamp(request.expire_time()) <= now) {
    out.push_back({"expire_time", "is over already"});
  }
}

void CheckFilter(const admin::v1::QueueFilter& filter, Violations& out) {
  CheckLength("filter.email_id", filter.email_id(), storage::kMaxEmailIdBytes, out);
  CheckLength("filter.recipient", filter.recipient(), kMaxAddressBytes, out);
  if (!filter.domain().empty()) CheckDomain("filter.domain", filter.domain(), out);
  CheckLength("filter.site", filter.site(), kMaxNameBytes, out);
  CheckLength("filter.tenant", filter.tenant(), kMaxTagValueBytes, out);
  if (filter.tags_size() > kMaxTags) {
    out.push_back(
        {"filter.tags", absl::StrCat("has ", filter.tags_size(), " entries; at most ", kMaxTags)});
    return;
  }
  for (const auto& [name, value] : filter.tags()) CheckTag("filter.tags", name, value, out);
}

bool IsHost(absl::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  for (const char c : host) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c)) || c == ',' || c == '>') return false;
  }
  return true;
}

}  // namespace

Violations Validate(const admin::v1::SuspendDeliveryRequest& request, absl::Time now) {
  Violations out;
  CheckOrder(request, now, out);
  return out;
}

Violations Validate(const admin::v1::RerouteDeliveryRequest& request, absl::Time now) {
  Violations out;
  CheckOrder(request, now, out);
  if (!IsHost(request.host())) {
    out.push_back({"host", "is neither the name or address of a host nor the name of a relay"});
  }
  if (request.port() < 0 || request.port() > 65535) {
    out.push_back({"port", "must be 1 to 65535, or 0 for what the configuration says"});
  }
  return out;
}

Violations ValidateScope(const admin::v1::Scope& scope) {
  Violations out;
  CheckScope(scope, out);
  return out;
}

Violations Validate(const admin::v1::SummarizeQueueRequest& request) {
  if (request.max_sites() >= 0 && request.max_sites() <= 1000) return {};
  return {{"max_sites", "must be 1 to 1000"}};
}

Violations Validate(const admin::v1::ListQueueRequest& request) {
  Violations out;
  CheckFilter(request.filter(), out);
  if (request.page_size() < 0 || request.page_size() > 1000) {
    out.push_back({"page_size", "must be 1 to 1000"});
  }
  return out;
}

Violations ValidateChange(const admin::v1::QueueFilter& filter) {
  Violations out;
  CheckFilter(filter, out);
  if (filter.email_id().empty() && filter.recipient().empty() && filter.domain().empty() &&
      filter.site().empty() && filter.tenant().empty() && filter.tags().empty() &&
      !filter.has_held()) {
    out.push_back({"filter", "needs at least one condition"});
  }
  return out;
}

Violations Validate(const admin::v1::ExplainRecipientsRequest& request) {
  Violations out;
  if (request.email_id().empty()) out.push_back({"email_id", "is required"});
  CheckLength("email_id", request.email_id(), storage::kMaxEmailIdBytes, out);
  CheckLength("recipient", request.recipient(), kMaxAddressBytes, out);
  return out;
}

}  // namespace mailstrom::server
