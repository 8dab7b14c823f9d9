#include "server/admin/admin_conversion.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/admin/domain_spellings.h"
#include "server/api_conversion.h"
#include "server/tenant.h"

namespace mailstrom::server {

using storage::OrderScope;
using storage::StandingOrder;

std::string ToTenantId(absl::string_view name) {
  return name == kDefaultTenantName ? "" : std::string(name);
}

std::string ToTenantName(absl::string_view id) {
  return id.empty() ? kDefaultTenantName : std::string(id);
}

OrderScope FromApi(const admin::v1::Scope& scope) {
  switch (scope.scope_case()) {
    case admin::v1::Scope::kSite: {
      // A site's key has blanks and may have names in any case, a host's name has neither.
      const bool is_host = !absl::StrContains(scope.site(), ' ');
      return {OrderScope::Kind::kSite, "",
              is_host ? absl::AsciiStrToLower(scope.site()) : scope.site()};
    }
    case admin::v1::Scope::kDomain: {
      const bool below = absl::StartsWith(scope.domain(), "*.");
      const std::string domain =
          ToDeliveryDomain(absl::string_view(scope.domain()).substr(below ? 2 : 0));
      return {OrderScope::Kind::kDomain, "", below ? absl::StrCat("*.", domain) : domain};
    }
    case admin::v1::Scope::kTenant:
      return {OrderScope::Kind::kTenant, "", ToTenantId(scope.tenant())};
    case admin::v1::Scope::kTag:
      return {OrderScope::Kind::kTag, scope.tag().name(), scope.tag().value()};
    case admin::v1::Scope::SCOPE_NOT_SET:
      break;
  }
  return {};
}

admin::v1::Scope ToApi(const OrderScope& scope) {
  admin::v1::Scope api;
  switch (scope.kind) {
    case OrderScope::Kind::kSite:
      api.set_site(scope.value);
      break;
    case OrderScope::Kind::kDomain:
      api.set_domain(scope.value);
      break;
    case OrderScope::Kind::kTenant:
      api.set_tenant(ToTenantName(scope.value));
      break;
    case OrderScope::Kind::kTag:
      api.mutable_tag()->set_name(scope.name);
      api.mutable_tag()->set_value(scope.value);
      break;
  }
  return api;
}

admin::v1::Suspension ToSuspension(const StandingOrder& order) {
  admin::v1::Suspension api;
  *api.mutable_scope() = ToApi(order.scope);
  api.set_author(order.author);
  api.set_reason(order.reason);
  *api.mutable_create_time() = ToTimestamp(order.create_time);
  if (order.expire_time != absl::InfiniteFuture()) {
    *api.mutable_expire_time() = ToTimestamp(order.expire_time);
  }
  api.set_resuming(order.lifted);
  return api;
}

admin::v1::Reroute ToReroute(const StandingOrder& order) {
  admin::v1::Reroute api;
  *api.mutable_scope() = ToApi(order.scope);
  api.set_host(order.host);
  api.set_port(order.port);
  api.set_author(order.author);
  api.set_reason(order.reason);
  *api.mutable_create_time() = ToTimestamp(order.create_time);
  if (order.expire_time != absl::InfiniteFuture()) {
    *api.mutable_expire_time() = ToTimestamp(order.expire_time);
  }
  return api;
}

admin::v1::QueuedRecipient ToApi(const storage::QueuedRecipient& queued) {
  admin::v1::QueuedRecipient api;
  const storage::EmailRecord& record = *queued.record;
  api.set_email_id(record.email_id);
  api.set_recipient_index(queued.recipient_index);
  *api.mutable_recipient() = ToApi(queued.recipient);
  *api.mutable_accept_time() = ToTimestamp(record.accept_time);
  *api.mutable_expire_time() = ToTimestamp(record.expire_time);
  api.set_tenant(ToTenantName(record.tenant));
  api.mutable_tags()->insert(record.tags.begin(), record.tags.end());
  api.set_held(queued.recipient.held);
  return api;
}

admin::v1::DeliveryState ToApi(const delivery::DeliveryState& state) {
  admin::v1::DeliveryState api;
  api.set_draining(state.paused);
  api.set_running(state.running);
  api.set_claimed(state.claimed);
  api.set_claim_window(state.window);
  return api;
}

admin::v1::Obstacle ToApi(const delivery::Obstacle& obstacle) {
  admin::v1::Obstacle api;
  // The numbers are the same.
  api.set_kind(static_cast<admin::v1::Obstacle::Kind>(obstacle.kind));
  api.set_description(obstacle.text);
  if (obstacle.until != absl::InfiniteFuture()) {
    *api.mutable_until() = ToTimestamp(obstacle.until);
  }
  return api;
}

}  // namespace mailstrom::server
