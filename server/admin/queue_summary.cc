#include "server/admin/queue_summary.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "delivery/site.h"
#include "server/admin/admin_conversion.h"
#include "server/admin/domain_spellings.h"
#include "server/api_conversion.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

using admin::v1::SiteQueue;

// Shown of one site.
constexpr int kMaxDomainsShown = 5;
// Asked of delivery at a time, so that its strand is not held up.
constexpr size_t kDomainsPerStep = 500;

struct SiteRow {
  delivery::SiteReport site;
  storage::DomainQueue queue;
  std::vector<std::string> domains;
  int domain_count = 0;
};

void SetNumbers(const storage::DomainQueue& queue, SiteQueue& out) {
  out.set_recipients(queue.recipients);
  out.set_deferred(queue.deferred);
  out.set_held(queue.held);
  if (queue.oldest_accept_time != absl::InfiniteFuture()) {
    *out.mutable_oldest_accept_time() = ToTimestamp(queue.oldest_accept_time);
  }
  if (queue.next_due != absl::InfiniteFuture()) {
    *out.mutable_next_attempt_time() = ToTimestamp(queue.next_due);
  }
}

SiteQueue::State StateOf(const SiteRow& row, const std::vector<storage::StandingOrder>& suspensions,
                         absl::Time now) {
  const bool is_held = row.queue.recipients > 0 && row.queue.held == row.queue.recipients;
  const bool is_ordered =
      std::any_of(suspensions.begin(), suspensions.end(), [&](const storage::StandingOrder& order) {
        return order.scope.kind == storage::OrderScope::Kind::kSite && order.InForce(now) &&
               delivery::IsSite(row.site.site_key, order.scope.value);
      });
  if (is_held || is_ordered) return SiteQueue::STATE_HELD;
  if (row.site.site_key.empty()) return SiteQueue::STATE_UNKNOWN;
  return row.site.suspended_until > now ? SiteQueue::STATE_SUSPENDED : SiteQueue::STATE_OPEN;
}

void SetSite(const SiteRow& row, absl::Time now, SiteQueue& out) {
  out.set_site(row.site.site_key);
  for (const std::string& domain : row.domains) out.add_domains(domain);
  out.set_domain_count(row.domain_count);
  if (row.site.suspended_until > now) {
    *out.mutable_suspended_until() = ToTimestamp(row.site.suspended_until);
    out.set_last_failure(row.site.last_failure);
  }
  out.set_running(row.site.running);
  out.set_concurrency_limit(row.site.limit);
  out.set_idle_connections(row.site.idle_connections);
}

// One call on its way.
class SummaryCall : public std::enable_shared_from_this<SummaryCall> {
 public:
  using Done = absl::AnyInvocable<void(std::variant<admin::v1::SummarizeQueueResponse, v1::Error>)>;

  SummaryCall(delivery::Control& control, const Clock& clock,
              std::vector<storage::StandingOrder> suspensions, int max_sites, Done done)
      : control_(control),
        clock_(clock),
        suspensions_(std::move(suspensions)),
        max_sites_(max_sites),
        done_(std::move(done)) {}

  void OnCount(const absl::StatusOr<QueueCensus::CountPtr>& count) {
    if (!count.ok()) return done_(MakeStoreError(count.status()));
    count_ = *count;
    FindSites();
  }

 private:
  void FindSites() {
    const std::vector<storage::DomainQueue>& queues = count_->summary.domains;
    if (sites_.size() == queues.size()) {
      return control_.ReadState(
          [self = shared_from_this()](delivery::DeliveryState state) { self->Finish(state); });
    }
    std::vector<std::string> domains;
    for (size_t i = sites_.size(); i < queues.size() && domains.size() < kDomainsPerStep; ++i) {
      domains.push_back(ToDeliveryDomain(queues[i].domain));
    }
    control_.FindSites(std::move(domains),
                       [self = shared_from_this()](std::vector<delivery::SiteReport> sites) {
                         std::move(sites.begin(), sites.end(), std::back_inserter(self->sites_));
                         self->FindSites();
                       });
  }

  void Finish(const delivery::DeliveryState& state) {
    admin::v1::SummarizeQueueResponse response;
    GroupBySite(count_->summary, sites_, suspensions_, max_sites_, clock_.Now(), response);
    *response.mutable_count_time() = ToTimestamp(count_->time);
    *response.mutable_delivery() = ToApi(state);
    done_(std::move(response));
  }

  delivery::Control& control_;
  const Clock& clock_;
  const std::vector<storage::StandingOrder> suspensions_;
  const int max_sites_;
  Done done_;
  QueueCensus::CountPtr count_;
  std::vector<delivery::SiteReport> sites_;
};

}  // namespace

void GroupBySite(const storage::QueueSummary& summary,
                 const std::vector<delivery::SiteReport>& sites,
                 const std::vector<storage::StandingOrder>& suspensions, int max_sites,
                 absl::Time now, admin::v1::SummarizeQueueResponse& response) {
  storage::DomainQueue total = summary.others;
  storage::DomainQueue others = summary.others;
  std::vector<SiteRow> rows;
  absl::flat_hash_map<std::string, size_t> places;
  for (size_t i = 0; i < summary.domains.size() && i < sites.size(); ++i) {
    const storage::DomainQueue& queue = summary.domains[i];
    const std::string& key = sites[i].site_key;
    // A domain whose site is not known has a row of its own.
    const auto [place, is_new] =
        places.try_emplace(key.empty() ? absl::StrCat("\n", queue.domain) : key, rows.size());
    if (is_new) rows.push_back({sites[i], {}, {}, 0});
    SiteRow& row = rows[place->second];
    row.queue.Add(queue);
    ++row.domain_count;
    if (row.domains.size() < kMaxDomainsShown) row.domains.push_back(queue.domain);
    total.Add(queue);
  }
  std::sort(rows.begin(), rows.end(), [](const SiteRow& a, const SiteRow& b) {
    return a.queue.recipients != b.queue.recipients ? a.queue.recipients > b.queue.recipients
                                                    : a.domains.front() < b.domains.front();
  });
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i >= static_cast<size_t>(max_sites)) {
      others.Add(rows[i].queue);
      continue;
    }
    SiteQueue& out = *response.add_sites();
    SetNumbers(rows[i].queue, out);
    SetSite(rows[i], now, out);
    out.set_state(StateOf(rows[i], suspensions, now));
  }
  SetNumbers(others, *response.mutable_others());
  SetNumbers(total, *response.mutable_total());
}

void SummarizeQueue(QueueCensus& census, delivery::Control& control, const Clock& clock,
                    std::vector<storage::StandingOrder> suspensions, int max_sites,
                    SummaryCall::Done done) {
  auto call = std::make_shared<SummaryCall>(control, clock, std::move(suspensions), max_sites,
                                            std::move(done));
  census.Ask([call](const absl::StatusOr<QueueCensus::CountPtr>& count) { call->OnCount(count); });
}

}  // namespace mailstrom::server
