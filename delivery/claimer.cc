#include "delivery/claimer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "asio/post.hpp"
#include "base/log.h"
#include "delivery/strand_callback.h"

namespace mailstrom::delivery {
namespace {

constexpr int kMaxBatch = 500;
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(30);
// Due times are wall-clock times and alarms are not, so a jump of the clock is noticed in this
// time.
constexpr absl::Duration kLongestSleep = absl::Seconds(30);

}  // namespace

Claimer::Claimer(storage::Store& store, const Clock& clock, Alarms& alarms,
                 asio::any_io_executor executor, Hooks hooks)
    : store_(store),
      clock_(clock),
      alarms_(alarms),
      executor_(std::move(executor)),
      hooks_(std::move(hooks)) {}

void Claimer::Start() {
  if (started_ || stopped_) return;
  started_ = true;
  store_.AddListener(this);
  ClaimIfDue();
}

void Claimer::Stop() {
  if (started_ && !stopped_) store_.RemoveListener(this);
  stopped_ = true;
  alarms_.Cancel(std::exchange(alarm_, Alarms::kNone));
}

void Claimer::Poke() { ClaimIfDue(); }

void Claimer::OnDue(absl::Time earliest) {
  {
    absl::MutexLock lock(&mutex_);
    const bool on_its_way = news_ != absl::InfiniteFuture();
    news_ = std::min(news_, earliest);
    if (on_its_way) return;
  }
  asio::post(executor_, [weak = weak_from_this()] {
    if (const std::shared_ptr<Claimer> self = weak.lock()) self->TakeNews();
  });
}

void Claimer::OnHealth(const absl::Status& health) {
  if (!health.ok()) return;
  asio::post(executor_, [weak = weak_from_this()] {
    const std::shared_ptr<Claimer> self = weak.lock();
    if (self == nullptr || self->stopped_) return;
    self->hooks_.recovered();
    self->ClaimIfDue();
  });
}

void Claimer::TakeNews() {
  {
    absl::MutexLock lock(&mutex_);
    next_due_ = std::min(next_due_, std::exchange(news_, absl::InfiniteFuture()));
  }
  ClaimIfDue();
}

void Claimer::ClaimIfDue() {
  if (!started_ || stopped_ || claiming_ || paused_) return;
  const absl::Time now = clock_.Now();
  if (next_due_ > now) {
    if (next_due_ < absl::InfiniteFuture()) WakeAfter(next_due_ - now);
    return;
  }
  const int room = std::min(hooks_.room(), kMaxBatch);
  if (room <= 0) return;
  claiming_ = true;
  // News that come while the store looks may concern what it has passed already.
  next_due_ = absl::InfiniteFuture();
  store_.ClaimDue(now, room,
                  OnStrand(executor_, weak_from_this(),
                           [](Claimer& self, absl::StatusOr<storage::DueWork> work) {
                             self.OnClaimed(std::move(work));
                           }));
}

void Claimer::OnClaimed(absl::StatusOr<storage::DueWork> work) {
  claiming_ = false;
  if (!work.ok()) {
    next_due_ = absl::InfinitePast();
    const absl::Duration pause =
        std::min(kFirstPause * (int64_t{1} << std::min(failures_, 16)), kLongestPause);
    ++failures_;
    LogError("store refuses to hand out work",
             {{"error", std::string(work.status().message())}, {"failures", failures_}});
    paused_ = true;
    if (!stopped_) WakeAfter(pause);
    return;
  }
  failures_ = 0;
  absl::Time next = work->next_due;
  // Work that is due and yet not handed out must not be asked for in a hot loop.
  if (work->emails.empty()) next = std::max(next, clock_.Now() + kFirstPause);
  next_due_ = std::min(next_due_, next);
  hooks_.take(std::move(work->emails));
  ClaimIfDue();
}

void Claimer::WakeAfter(absl::Duration delay) {
  alarms_.Cancel(alarm_);
  alarm_ = alarms_.Set(std::min(delay, kLongestSleep), [this] {
    alarm_ = Alarms::kNone;
    paused_ = false;
    ClaimIfDue();
  });
}

}  // namespace mailstrom::delivery
