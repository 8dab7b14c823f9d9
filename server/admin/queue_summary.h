#ifndef MAILSTROM_SERVER_ADMIN_QUEUE_SUMMARY_H_
#define MAILSTROM_SERVER_ADMIN_QUEUE_SUMMARY_H_

#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "delivery/control.h"
#include "mailstrom/admin/v1/admin_service.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/admin/queue_census.h"
#include "storage/standing_order.h"

namespace mailstrom::server {

// Puts domains of one site together. `sites`: of the domains of `summary`, in their order;
// `suspensions`: that are in force. Pure.
void GroupBySite(const storage::QueueSummary& summary,
                 const std::vector<delivery::SiteReport>& sites,
                 const std::vector<storage::StandingOrder>& suspensions, int max_sites,
                 absl::Time now, admin::v1::SummarizeQueueResponse& response);

// Counts the queue by site. `done` runs on a thread of the store or on delivery's strand.
void SummarizeQueue(
    QueueCensus& census, delivery::Control& control, const Clock& clock,
    std::vector<storage::StandingOrder> suspensions, int max_sites,
    absl::AnyInvocable<void(std::variant<admin::v1::SummarizeQueueResponse, v1::Error>)> done);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_QUEUE_SUMMARY_H_
