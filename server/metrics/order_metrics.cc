#include "server/metrics/order_metrics.h"

#include <algorithm>
#include <utility>

namespace mailstrom::server {
namespace {

using storage::OrderScope;

struct ScopeKind {
  OrderScope::Kind kind;
  const char* label;
};

constexpr ScopeKind kScopeKinds[] = {
    {OrderScope::Kind::kSite, "site"},
    {OrderScope::Kind::kDomain, "domain"},
    {OrderScope::Kind::kTenant, "tenant"},
    {OrderScope::Kind::kTag, "tag"},
};

}  // namespace

void AddSuspensionMetrics(const std::vector<storage::StandingOrder>& suspensions, absl::Time now,
                          MetricFamilies& families) {
  prometheus::MetricFamily counts = MakeFamily(
      "mailstrom_suspensions", "Operators' suspensions in force, by what they hold back.",
      prometheus::MetricType::Gauge);
  prometheus::MetricFamily ages =
      MakeFamily("mailstrom_suspension_oldest_age_seconds",
                 "Age of the oldest suspension in force; 0 when there is none.",
                 prometheus::MetricType::Gauge);
  for (const ScopeKind& scope : kScopeKinds) {
    int count = 0;
    absl::Time oldest = now;
    for (const storage::StandingOrder& order : suspensions) {
      if (order.scope.kind != scope.kind || !order.InForce(now)) continue;
      ++count;
      oldest = std::min(oldest, order.create_time);
    }
    AddSample(counts, count, {{"scope", scope.label}});
    AddSample(ages, absl::ToDoubleSeconds(now - oldest), {{"scope", scope.label}});
  }
  families.push_back(std::move(counts));
  families.push_back(std::move(ages));
}

}  // namespace mailstrom::server
