#include "server/admin/queue_census.h"

#include <algorithm>
#include <utility>

namespace mailstrom::server {
namespace {

// Told apart; those beyond have the fewest recipients.
constexpr int kMaxDomains = 5000;
constexpr int kGoodFor = 10;
constexpr absl::Duration kGoodForAtMost = absl::Seconds(10);

}  // namespace

void QueueCensus::Ask(Done done) {
  const absl::Time now = clock_.Now();
  CountPtr good;
  {
    absl::MutexLock lock(&mutex_);
    if (last_ != nullptr && now < good_until_ && now >= last_->time) {
      good = last_;
    } else {
      waiting_.push_back(std::move(done));
      if (waiting_.size() > 1) return;
    }
  }
  if (good != nullptr) return done(std::move(good));
  store_.SummarizeQueue(kMaxDomains, [this, now](absl::StatusOr<storage::QueueSummary> summary) {
    OnCounted(now, std::move(summary));
  });
}

void QueueCensus::OnCounted(absl::Time begin, absl::StatusOr<storage::QueueSummary> summary) {
  absl::StatusOr<CountPtr> result;
  if (summary.ok()) {
    result = std::make_shared<const Count>(Count{*std::move(summary), begin});
  } else {
    result = summary.status();
  }
  std::vector<Done> waiting;
  {
    absl::MutexLock lock(&mutex_);
    if (result.ok()) {
      const absl::Time now = clock_.Now();
      last_ = *result;
      good_until_ =
          now + std::clamp(kGoodFor * (now - begin), absl::ZeroDuration(), kGoodForAtMost);
    }
    waiting = std::exchange(waiting_, {});
  }
  for (Done& done : waiting) done(result);
}

}  // namespace mailstrom::server
