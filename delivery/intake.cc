#include "delivery/intake.h"

#include <utility>

#include "asio/post.hpp"

namespace mailstrom::delivery {
namespace {

// The strand has other work, too.
constexpr int kInOneGo = 100;

}  // namespace

Intake::Intake(const Clock& clock, asio::any_io_executor executor,
               std::shared_ptr<ClaimSettler> settler, OutcomeRecorder& outcomes, Hooks hooks)
    : clock_(clock),
      executor_(std::move(executor)),
      settler_(std::move(settler)),
      outcomes_(outcomes),
      hooks_(std::move(hooks)) {}

void Intake::Take(std::vector<storage::ClaimedEmail> emails) {
  for (storage::ClaimedEmail& email : emails) waiting_.Push(std::move(email));
  if (stopped_) {
    GiveBack();
  } else if (!passing_ && !waiting_.empty()) {
    passing_ = true;
    PassSome();
  }
}

bool Intake::Has(const std::string& email_id, int recipient_index) const {
  return waiting_.Has(email_id, recipient_index);
}

void Intake::PassSome() {
  for (int i = 0; i < kInOneGo && !waiting_.empty(); ++i) Pass(waiting_.Pop());
  passing_ = !waiting_.empty();
  if (!passing_) return;
  asio::post(executor_, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr && !self->stopped_) self->PassSome();
  });
}

void Intake::Pass(storage::ClaimedEmail email) {
  if (clock_.Now() >= email.record->expire_time) {
    outcomes_.Expire(std::move(email.recipients));
    return;
  }
  GroupedRecipients grouped = GroupByDomain(std::move(email.recipients));
  if (!grouped.malformed.empty()) hooks_.malformed(*email.record, std::move(grouped.malformed));
  hooks_.route(std::move(email.record), std::move(grouped.groups));
}

void Intake::GiveBack() {
  while (!waiting_.empty()) {
    const storage::ClaimedEmail email = waiting_.Pop();
    std::vector<storage::Claim> claims;
    for (const storage::ClaimedRecipient& recipient : email.recipients) {
      claims.push_back(recipient.claim);
    }
    settler_->Release(std::move(claims), clock_.Now());
  }
}

void Intake::Stop() {
  stopped_ = true;
  GiveBack();
}

}  // namespace mailstrom::delivery
