#ifndef MAILSTROM_SERVER_ADMIN_ADMIN_CONVERSION_H_
#define MAILSTROM_SERVER_ADMIN_ADMIN_CONVERSION_H_

// Between the messages of mailstrom.admin.v1 and the values of storage and delivery. Nothing is
// decided here.

#include <string>

#include "absl/strings/string_view.h"
#include "delivery/control.h"
#include "mailstrom/admin/v1/admin_service.pb.h"
#include "mailstrom/admin/v1/order.pb.h"
#include "mailstrom/admin/v1/queue.pb.h"
#include "storage/store.h"

namespace mailstrom::server {

// How the store knows a tenant, and how callers do.
std::string ToTenantId(absl::string_view name);
std::string ToTenantName(absl::string_view id);

// `scope` is valid. Domains, and names of hosts, become lower-case A-labels.
storage::OrderScope FromApi(const admin::v1::Scope& scope);
admin::v1::Scope ToApi(const storage::OrderScope& scope);

admin::v1::Suspension ToSuspension(const storage::StandingOrder& order);
admin::v1::Reroute ToReroute(const storage::StandingOrder& order);

admin::v1::QueuedRecipient ToApi(const storage::QueuedRecipient& queued);
admin::v1::DeliveryState ToApi(const delivery::DeliveryState& state);
admin::v1::Obstacle ToApi(const delivery::Obstacle& obstacle);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_ADMIN_CONVERSION_H_
