#include "delivery/claim_settler.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/log.h"
#include "delivery/strand_callback.h"

namespace mailstrom::delivery {
namespace {

constexpr size_t kMaxBatch = 1000;
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(30);

absl::Time RoundUp(absl::Time time) {
  const absl::Time floor = absl::FromUnixSeconds(absl::ToUnixSeconds(time));
  return floor < time ? floor + absl::Seconds(1) : floor;
}

}  // namespace

ClaimSettler::ClaimSettler(storage::Store& store, Alarms& alarms, asio::any_io_executor executor,
                           absl::AnyInvocable<void(int)> settled)
    : store_(store),
      alarms_(alarms),
      executor_(std::move(executor)),
      settled_(std::move(settled)) {}

void ClaimSettler::Record(std::vector<storage::Outcome> outcomes) {
  std::move(outcomes.begin(), outcomes.end(), std::back_inserter(outcomes_));
  Step();
}

void ClaimSettler::Release(std::vector<storage::Claim> claims, absl::Time due_time) {
  GiveBack(std::move(claims), due_time, /*hold=*/false);
}

void ClaimSettler::Hold(std::vector<storage::Claim> claims, absl::Time due_time) {
  GiveBack(std::move(claims), due_time, /*hold=*/true);
}

void ClaimSettler::GiveBack(std::vector<storage::Claim> claims, absl::Time due_time, bool hold) {
  std::deque<storage::Claim>& together = releases_[{RoundUp(due_time), hold}];
  std::move(claims.begin(), claims.end(), std::back_inserter(together));
  Step();
}

void ClaimSettler::UndoHolds(absl::AnyInvocable<void()> done) {
  TurnHolds();
  Step();
  if (!holding_.has_value()) return done();
  holds_undone_.push_back(std::move(done));
}

void ClaimSettler::TurnHolds() {
  std::deque<storage::Claim> turned;
  for (auto position = releases_.begin(); position != releases_.end();) {
    auto& [ending, claims] = *position;
    const size_t kept = holding_.has_value() && holding_->first == ending ? holding_->second : 0;
    if (ending.second) {
      std::move(claims.begin() + kept, claims.end(), std::back_inserter(turned));
      claims.erase(claims.begin() + kept, claims.end());
    }
    position = claims.empty() ? releases_.erase(position) : std::next(position);
  }
  if (turned.empty()) return;
  // They were due when they were claimed, and are again at once.
  std::deque<storage::Claim>& together = releases_[{absl::UnixEpoch(), false}];
  std::move(turned.begin(), turned.end(), std::back_inserter(together));
}

size_t ClaimSettler::pending() const {
  size_t count = outcomes_.size();
  for (const auto& [ending, claims] : releases_) count += claims.size();
  return count;
}

bool ClaimSettler::Has(const std::string& email_id, int recipient_index) const {
  const auto is_it = [&](const storage::Claim& claim) {
    return claim.recipient_index == recipient_index && claim.email_id == email_id;
  };
  for (const storage::Outcome& outcome : outcomes_) {
    if (is_it(outcome.claim)) return true;
  }
  for (const auto& [ending, claims] : releases_) {
    if (std::any_of(claims.begin(), claims.end(), is_it)) return true;
  }
  return false;
}

void ClaimSettler::Stop() {
  stopped_ = true;
  alarms_.Cancel(std::exchange(alarm_, Alarms::kNone));
}

void ClaimSettler::Step() {
  if (calling_ || stopped_ || alarm_ != Alarms::kNone) return;
  if (!outcomes_.empty()) {
    RecordNext();
  } else if (!releases_.empty()) {
    ReleaseNext();
  }
}

void ClaimSettler::RecordNext() {
  calling_ = true;
  const size_t count = singly_ > 0 ? 1 : std::min(outcomes_.size(), kMaxBatch);
  std::vector<storage::Outcome> batch(outcomes_.begin(), outcomes_.begin() + count);
  store_.RecordOutcomes(std::move(batch),
                        OnStrand(executor_, weak_from_this(),
                                 [count](ClaimSettler& self, const absl::Status& status) {
                                   self.OnRecorded(count, status);
                                 }));
}

void ClaimSettler::ReleaseNext() {
  calling_ = true;
  const Ending ending = releases_.begin()->first;
  const std::deque<storage::Claim>& claims = releases_.begin()->second;
  const size_t count = std::min(claims.size(), kMaxBatch);
  std::vector<storage::Claim> batch(claims.begin(), claims.begin() + count);
  auto done = OnStrand(executor_, weak_from_this(),
                       [ending, count](ClaimSettler& self, const absl::Status& status) {
                         self.OnReleased(ending, count, status);
                       });
  const auto& [due_time, hold] = ending;
  if (hold) {
    holding_ = {ending, count};
    store_.Hold(std::move(batch), due_time, std::move(done));
  } else {
    store_.Release(std::move(batch), due_time, std::move(done));
  }
}

void ClaimSettler::OnRecorded(size_t count, const absl::Status& status) {
  calling_ = false;
  if (stopped_) return;
  if (absl::IsAborted(status) && count > 1) {
    singly_ = count;
    Step();
    return;
  }
  if (absl::IsAborted(status)) {
    const storage::Claim& claim = outcomes_.front().claim;
    LogError("outcome dropped: its claim is no longer held",
             {{"email_id", claim.email_id}, {"recipient", claim.recipient_index}});
  } else if (PutOff(status)) {
    return;
  }
  if (singly_ > 0) --singly_;
  outcomes_.erase(outcomes_.begin(), outcomes_.begin() + count);
  settled_(static_cast<int>(count));
  Step();
}

void ClaimSettler::OnReleased(Ending ending, size_t count, const absl::Status& status) {
  calling_ = false;
  holding_.reset();
  if (stopped_) return;
  if (!status.ok() && !holds_undone_.empty()) TurnHolds();
  for (absl::AnyInvocable<void()>& done : std::exchange(holds_undone_, {})) done();
  if (PutOff(status)) return;
  std::deque<storage::Claim>& claims = releases_[ending];
  claims.erase(claims.begin(), claims.begin() + count);
  if (claims.empty()) releases_.erase(ending);
  settled_(static_cast<int>(count));
  Step();
}

bool ClaimSettler::PutOff(const absl::Status& status) {
  if (status.ok()) {
    failures_ = 0;
    return false;
  }
  const absl::Duration pause =
      std::min(kFirstPause * (int64_t{1} << std::min(failures_, 16)), kLongestPause);
  ++failures_;
  LogError("store refuses outcomes; delivery pauses",
           {{"error", std::string(status.message())}, {"failures", failures_}});
  alarm_ = alarms_.Set(pause, [this] {
    alarm_ = Alarms::kNone;
    Step();
  });
  settled_(0);
  return true;
}

}  // namespace mailstrom::delivery
