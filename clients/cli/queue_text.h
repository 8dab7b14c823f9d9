#ifndef MAILSTROM_CLIENTS_CLI_QUEUE_TEXT_H_
#define MAILSTROM_CLIENTS_CLI_QUEUE_TEXT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "clients/cli/live_view.h"
#include "mailstrom/admin/v1/admin_service.pb.h"

namespace mailstrom::cli {

// The queue in words for people. All text that came from elsewhere is made printable.

// A duration in at most four characters, such as `59s`, `12m`, `3h` or `15d`; `-` for none.
std::string ShortDuration(absl::Duration duration);

// A table of sites that fits into `columns`, as of `now`: a line for the queue as a whole, a head
// and a line for each site.
std::vector<std::string> SummaryLines(const admin::v1::SummarizeQueueResponse& summary,
                                      size_t columns, absl::Time now);

// What `top` shows: the same within the terminal.
std::vector<std::string> TopLines(const admin::v1::SummarizeQueueResponse& summary,
                                  TerminalSize size, absl::Time now);

// One queued recipient in one line.
std::string QueuedLine(const admin::v1::QueuedRecipient& queued, absl::Time now);

// Such as `domain a.test`.
std::string ScopeText(const admin::v1::Scope& scope);
std::string SuspensionLine(const admin::v1::Suspension& suspension);
std::string RerouteLine(const admin::v1::Reroute& reroute);

// Why a recipient is not moving, and what happens next, in several lines.
std::string ExplanationText(const admin::v1::Explanation& explanation);

std::string DeliveryText(const admin::v1::DeliveryState& state);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_QUEUE_TEXT_H_
