#include "delivery/site_health.h"

#include <algorithm>
#include <cstdint>

namespace mailstrom::delivery {
namespace {

constexpr double kSuspensionJitter = 0.1;

}  // namespace

SiteHealth::SiteHealth(const SiteHealthOptions& options) : options_(options) {
  SetConnections(options.max_connections, options.first_connections);
}

void SiteHealth::SetConnections(int max_connections, int first_connections) {
  options_.max_connections = std::max(max_connections, 1);
  options_.first_connections = std::clamp(first_connections, 1, options_.max_connections);
  limit_ = untried_ ? options_.first_connections
                    : std::min(limit_, static_cast<double>(options_.max_connections));
}

void SiteHealth::SuspendFor(absl::Duration length, absl::Time now) {
  suspended_until_ = std::max(suspended_until_, now + length);
}

bool SiteHealth::OnAttempt(Verdict::SiteEffect effect, absl::Time start, absl::Time now,
                           double draw) {
  untried_ = untried_ && effect == Verdict::SiteEffect::kNone;
  switch (effect) {
    case Verdict::SiteEffect::kNone:
      return false;
    case Verdict::SiteEffect::kAlive:
      failures_ = 0;
      suspensions_ = 0;
      Grow();
      return false;
    case Verdict::SiteEffect::kFull:
      // One connection at a time is the least that it can be asked for.
      if (suspensions_ > 0 || limit_ < 2) {
        ++failures_;
        return Suspend(start, now, draw);
      }
      failures_ = 0;
      Shrink(start, now);
      return false;
    case Verdict::SiteEffect::kBusy:
      failures_ = 0;
      suspensions_ = 0;
      Shrink(start, now);
      return false;
    case Verdict::SiteEffect::kUnreachable:
      ++failures_;
      Shrink(start, now);
      return Suspend(start, now, draw);
  }
  return false;
}

int SiteHealth::Limit(absl::Time now) const {
  if (now < suspended_until_) return 0;
  return suspensions_ > 0 ? 1 : static_cast<int>(limit_);
}

SiteHealth::Advice SiteHealth::AdviceAt(absl::Time now) const {
  if (now >= suspended_until_) return Advice::kGo;
  return suspensions_ > 1 ? Advice::kDefer : Advice::kHold;
}

void SiteHealth::Grow() {
  limit_ = std::min(limit_ + (has_shrunk_ ? 1.0 / limit_ : 1.0),
                    static_cast<double>(options_.max_connections));
}

void SiteHealth::Shrink(absl::Time start, absl::Time now) {
  // All that was under way when the site grew tired tells the same.
  if (start < last_shrink_) return;
  last_shrink_ = now;
  has_shrunk_ = true;
  limit_ = std::max(limit_ / 2, 1.0);
}

bool SiteHealth::Suspend(absl::Time start, absl::Time now, double draw) {
  // What began before the last suspension says nothing about the time after it.
  if (start < suspended_until_) return false;
  if (suspensions_ == 0 && failures_ < options_.failures_to_suspend) return false;
  const absl::Duration length =
      std::min(options_.first_suspension * (int64_t{1} << std::min(suspensions_, 30)),
               options_.longest_suspension);
  ++suspensions_;
  suspended_until_ = now + length * (1.0 + kSuspensionJitter * draw);
  return true;
}

}  // namespace mailstrom::delivery
