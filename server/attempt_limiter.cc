#include "server/attempt_limiter.h"

#include <algorithm>

namespace mailstrom::server {

bool AttemptLimiter::IsBlocked(const std::string& source, absl::Time now,
                               bool may_be_of_others) const {
  absl::MutexLock lock(&mutex_);
  const auto found = forgiven_at_.find(source);
  absl::Time forgiven_at = absl::InfinitePast();
  if (found != forgiven_at_.end()) {
    forgiven_at = found->second;
  } else if (may_be_of_others && forgiven_at_.size() >= options_.max_sources) {
    forgiven_at = others_forgiven_at_;
  }
  return forgiven_at - now > options_.interval * (options_.burst - 1);
}

void AttemptLimiter::CountFailure(const std::string& source, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (forgiven_at_.size() >= options_.max_sources && now >= next_sweep_) {
    absl::erase_if(forgiven_at_, [now](const auto& entry) { return entry.second <= now; });
    next_sweep_ = now + options_.interval;
  }
  const auto found = forgiven_at_.find(source);
  absl::Time* forgiven_at = &others_forgiven_at_;
  if (found != forgiven_at_.end()) {
    forgiven_at = &found->second;
  } else if (forgiven_at_.size() < options_.max_sources) {
    forgiven_at = &forgiven_at_[source];
    *forgiven_at = absl::InfinitePast();
  }
  *forgiven_at = std::max(*forgiven_at, now) + options_.interval;
}

size_t AttemptLimiter::size() const {
  absl::MutexLock lock(&mutex_);
  return forgiven_at_.size();
}

}  // namespace mailstrom::server
