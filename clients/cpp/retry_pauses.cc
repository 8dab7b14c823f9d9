#include "clients/cpp/retry_pauses.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/time/clock.h"

namespace mailstrom::client {

RetryPauses::RetryPauses(absl::Duration initial, absl::Duration max, std::function<double()> draw)
    : initial_(initial), max_(max), draw_(std::move(draw)), pause_(initial) {
  if (!draw_) draw_ = [] { return absl::Uniform(absl::BitGen(), 0.0, 1.0); };
}

absl::Duration RetryPauses::Next() {
  const absl::Duration pause = pause_ * (0.5 + draw_() / 2);
  pause_ = std::min(2 * pause_, max_);
  return pause;
}

bool RetryPauses::Wait(absl::Time deadline) {
  const absl::Duration pause = Next();
  if (deadline - absl::Now() <= pause) return false;
  absl::SleepFor(pause);
  return true;
}

}  // namespace mailstrom::client
