#include "clients/cli/queue_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "clients/cli/status_text.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

using admin::v1::SiteQueue;

// Below that lines are cut by the terminal.
constexpr size_t kLeastColumns = 60;

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", ToTime(time), absl::LocalTimeZone());
}

// In at most six characters.
std::string ShortNumber(int64_t number) {
  if (number < 100'000) return absl::StrCat(number);
  if (number < 100'000'000) return absl::StrCat(number / 1000, "k");
  return absl::StrCat(number / 1'000'000, "M");
}

std::string Age(const SiteQueue& queue, absl::Time now) {
  if (!queue.has_oldest_accept_time()) return "-";
  return ShortDuration(now - ToTime(queue.oldest_accept_time()));
}

std::string NextDue(const SiteQueue& queue, absl::Time now) {
  if (!queue.has_next_attempt_time()) return "-";
  const absl::Time due = ToTime(queue.next_attempt_time());
  return due <= now ? "now" : ShortDuration(due - now);
}

const char* StateText(SiteQueue::State state) {
  switch (state) {
    case SiteQueue::STATE_OPEN:
      return "open";
    case SiteQueue::STATE_SUSPENDED:
      return "failing";
    case SiteQueue::STATE_HELD:
      return "held";
    default:
      return "new";
  }
}

// The hosts of a site, or the domains while they are not known.
std::string SiteText(const SiteQueue& queue) {
  const std::string hosts = queue.site().substr(0, queue.site().find(' '));
  std::string domains = absl::StrJoin(queue.domains(), " ");
  if (queue.domain_count() > queue.domains_size()) {
    absl::StrAppend(&domains, " +", queue.domain_count() - queue.domains_size());
  }
  std::string text = hosts.empty() ? domains : absl::StrCat(hosts, " (", domains, ")");
  if (queue.state() == SiteQueue::STATE_SUSPENDED) {
    absl::StrAppend(&text, ": ", queue.last_failure());
  }
  return Printable(text);
}

std::string Row(const SiteQueue& queue, absl::string_view site, absl::string_view state,
                absl::Time now, size_t columns) {
  const std::string connections =
      queue.site().empty() ? "-" : absl::StrCat(queue.running(), "/", queue.concurrency_limit());
  const std::string row =
      absl::StrFormat("%7s %6s %6s %5s %5s %-7s %7s ", ShortNumber(queue.recipients()),
                      ShortNumber(queue.deferred()), ShortNumber(queue.held()), Age(queue, now),
                      NextDue(queue, now), state, connections);
  return Truncate(absl::StrCat(row, site), columns);
}

}  // namespace

std::string ShortDuration(absl::Duration duration) {
  const int64_t seconds = std::max<int64_t>(absl::ToInt64Seconds(duration), 0);
  if (seconds < 100) return absl::StrCat(seconds, "s");
  if (seconds < 100 * 60) return absl::StrCat(seconds / 60, "m");
  if (seconds < 100 * 3600) return absl::StrCat(seconds / 3600, "h");
  return absl::StrCat(std::min<int64_t>(seconds / 86400, 999), "d");
}

std::vector<std::string> SummaryLines(const admin::v1::SummarizeQueueResponse& summary,
                                      size_t columns, absl::Time now) {
  columns = std::max(columns, kLeastColumns);
  std::vector<std::string> lines;
  const SiteQueue& total = summary.total();
  lines.push_back(Truncate(
      absl::StrCat(total.recipients(), " queued, ", total.deferred(), " deferred, ", total.held(),
                   " held, oldest ", Age(total, now), ", next ", NextDue(total, now), "; ",
                   summary.delivery().draining() ? "drained, " : "", summary.delivery().running(),
                   " running"),
      columns));
  lines.push_back(Truncate(absl::StrFormat("%7s %6s %6s %5s %5s %-7s %7s %s", "QUEUED", "DEFER",
                                           "HELD", "AGE", "NEXT", "STATE", "CONN", "SITE"),
                           columns));
  for (const SiteQueue& queue : summary.sites()) {
    lines.push_back(Row(queue, SiteText(queue), StateText(queue.state()), now, columns));
  }
  if (summary.others().recipients() > 0) {
    lines.push_back(Row(summary.others(), "all others", "", now, columns));
  }
  return lines;
}

std::vector<std::string> TopLines(const admin::v1::SummarizeQueueResponse& summary,
                                  TerminalSize size, absl::Time now) {
  std::vector<std::string> lines = SummaryLines(summary, size.columns, now);
  lines.front() = Truncate(
      absl::StrCat(absl::FormatTime("%H:%M:%S", now, absl::LocalTimeZone()), "  ", lines.front()),
      std::max(size.columns, kLeastColumns));
  // The last row stays free for the cursor.
  const size_t rows = std::max<size_t>(size.rows, 4) - 1;
  if (lines.size() > rows) {
    const size_t left_out = lines.size() - rows + 1;
    lines.resize(rows - 1);
    lines.push_back(absl::StrCat("  … and ", left_out, " more"));
  }
  return lines;
}

std::string QueuedLine(const admin::v1::QueuedRecipient& queued, absl::Time now) {
  const v1::Recipient& recipient = queued.recipient();
  const absl::Time due = ToTime(recipient.next_attempt_time());
  std::string line = absl::StrCat(
      queued.email_id(), "  ", Printable(recipient.address()), "  ", StateName(recipient.state()),
      queued.held() ? " held" : "", ", ", recipient.attempt_count(), " attempts, accepted ",
      ShortDuration(now - ToTime(queued.accept_time())), " ago, ",
      due <= now ? "due now" : absl::StrCat("due in ", ShortDuration(due - now)));
  const std::string last = LastAttempt(recipient);
  if (!last.empty()) absl::StrAppend(&line, ": ", last);
  return line;
}

std::string ScopeText(const admin::v1::Scope& scope) {
  switch (scope.scope_case()) {
    case admin::v1::Scope::kSite:
      return absl::StrCat("site ", Printable(scope.site()));
    case admin::v1::Scope::kDomain:
      return absl::StrCat("domain ", Printable(scope.domain()));
    case admin::v1::Scope::kTenant:
      return absl::StrCat("tenant ", Printable(scope.tenant()));
    case admin::v1::Scope::kTag:
      return absl::StrCat("tag ", Printable(scope.tag().name()), "=",
                          Printable(scope.tag().value()));
    case admin::v1::Scope::SCOPE_NOT_SET:
      break;
  }
  return "nothing";
}

namespace {

// Since when an order stands, until when, and who gave it, and why.
template <typename Order>
std::string OrderText(const Order& order) {
  std::string text = absl::StrCat("since ", TimeText(order.create_time()));
  if (order.has_expire_time()) absl::StrAppend(&text, " until ", TimeText(order.expire_time()));
  if (!order.author().empty()) absl::StrAppend(&text, ", by ", Printable(order.author()));
  if (!order.reason().empty()) absl::StrAppend(&text, ": ", Printable(order.reason()));
  return text;
}

}  // namespace

std::string SuspensionLine(const admin::v1::Suspension& suspension) {
  return absl::StrCat(ScopeText(suspension.scope()), ": ",
                      suspension.resuming() ? "being resumed, " : "suspended ",
                      OrderText(suspension));
}

std::string RerouteLine(const admin::v1::Reroute& reroute) {
  return absl::StrCat(ScopeText(reroute.scope()), ": to ", Printable(reroute.host()),
                      reroute.port() == 0 ? "" : absl::StrCat(" port ", reroute.port()), " ",
                      OrderText(reroute));
}

std::string ExplanationText(const admin::v1::Explanation& explanation) {
  const admin::v1::QueuedRecipient& queued = explanation.recipient();
  std::string text =
      absl::StrCat(Printable(queued.recipient().address()), " of ", queued.email_id(), ": ",
                   StateName(queued.recipient().state()), "\n");
  absl::StrAppend(&text, "  why:  ", Printable(explanation.reason()), "\n");
  for (int i = 1; i < explanation.obstacles_size(); ++i) {
    const admin::v1::Obstacle& obstacle = explanation.obstacles(i);
    absl::StrAppend(
        &text, "        also: ", Printable(obstacle.description()),
        obstacle.has_until() ? absl::StrCat(", until ", TimeText(obstacle.until())) : "", "\n");
  }
  if (!explanation.last_line().empty()) {
    absl::StrAppend(&text, "        last: ", Printable(explanation.last_line()), "\n");
  }
  absl::StrAppend(&text, "  next: ", Printable(explanation.next()), "\n");
  if (!explanation.site().empty()) {
    absl::StrAppend(&text, "  site: ", Printable(explanation.site()), "\n");
  }
  if (!explanation.rerouted_to().empty()) {
    absl::StrAppend(&text, "  rerouted to ", Printable(explanation.rerouted_to()), "\n");
  }
  return text;
}

std::string DeliveryText(const admin::v1::DeliveryState& state) {
  return absl::StrCat(state.draining() ? "drained, " : "", state.running(), " running, ",
                      state.claimed(), " of ", state.claim_window(), " taken up");
}

}  // namespace mailstrom::cli
