#include "delivery/release_pacer.h"

#include <algorithm>

namespace mailstrom::delivery {
namespace {

constexpr absl::Duration kSoonest = absl::Seconds(5);
constexpr absl::Duration kLatest = absl::Minutes(15);
constexpr absl::Duration kWindow = absl::Seconds(10);
// Of the first window, so much tells something.
constexpr absl::Duration kFirstLook = absl::Seconds(1);
// Weight of the last window.
constexpr double kWeight = 0.5;
constexpr double kSlowest = 0.1;

}  // namespace

void ReleasePacer::OnDone(int recipients, bool is_last, absl::Time now) {
  // What was put off is work for it, too, even while nothing of it is in the queue.
  if (is_last && horizon_ <= now) {
    window_start_ = absl::InfinitePast();
    return;
  }
  if (window_start_ == absl::InfinitePast()) {
    window_start_ = now;
    window_count_ = 0;
    return;
  }
  window_count_ += recipients;
  const absl::Duration elapsed = now - window_start_;
  if (elapsed < kWindow) return;
  const double pace = window_count_ / absl::ToDoubleSeconds(elapsed);
  pace_ = std::max(is_measured_ ? (1 - kWeight) * pace_ + kWeight * pace : pace, kSlowest);
  is_measured_ = true;
  window_start_ = now;
  window_count_ = 0;
}

double ReleasePacer::PaceAt(absl::Time now) const {
  const absl::Duration elapsed = now - window_start_;
  if (is_measured_ || elapsed < kFirstLook || elapsed > kWindow) return pace_;
  return std::max(window_count_ / absl::ToDoubleSeconds(elapsed), kSlowest);
}

absl::Time ReleasePacer::NextTurn(int recipients, int waiting, absl::Time now) {
  const double pace = PaceAt(now);
  // Half of what waits may be done before more comes, so that the site never runs dry.
  horizon_ = std::max(horizon_, now + absl::Seconds(waiting / 2 / pace));
  horizon_ = std::clamp(horizon_, now + kSoonest, now + kLatest);
  const absl::Time turn = horizon_;
  horizon_ += absl::Seconds(recipients / pace);
  return turn;
}

}  // namespace mailstrom::delivery
