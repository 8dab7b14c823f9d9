#ifndef MAILSTROM_DELIVERY_OUTCOME_RECORDER_H_
#define MAILSTROM_DELIVERY_OUTCOME_RECORDER_H_

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "delivery/attempt.h"
#include "delivery/claim_settler.h"
#include "delivery/delivery_observer.h"
#include "delivery/parcel.h"
#include "delivery/reply_policy.h"
#include "delivery/retry_policy.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// Turns what became of claimed recipients into their next states, counts it, and hands it to the
// settler. Lives on one strand.
class OutcomeRecorder {
 public:
  // `clock`, `random` and `observer`, which may be null, must outlive it.
  OutcomeRecorder(const Clock& clock, RandomSource& random, std::shared_ptr<ClaimSettler> settler,
                  DeliveryObserver* observer);

  // Recipients of whom a site had no room to hear, and what it said.
  struct Unheard {
    std::vector<ParcelRecipient> recipients;
    storage::Attempt refusal;
  };

  // Records what an attempt came to, and gives back those of whom it found out nothing. `overdue`:
  // it was cut off. Returns those who are left for the caller to hold.
  Unheard RecordResult(const Parcel& parcel, AttemptResult result, bool overdue);

  // Records the same outcome of an attempt for all.
  void RecordAll(const storage::EmailRecord& email,
                 std::vector<storage::ClaimedRecipient> recipients, const Verdict& verdict,
                 storage::Attempt attempt, const RetryPolicy& retry);

  // Keeps recipients until `due_time` without an attempt. Those that were never attempted are told
  // what others met, which is why.
  void Hold(const storage::EmailRecord& email, const std::vector<ParcelRecipient>& recipients,
            storage::Attempt met, absl::Time due_time);

  // Holds recipients back, as Store::Hold.
  void HoldBack(const std::vector<ParcelRecipient>& recipients, const storage::EmailRecord& email,
                absl::Time due_time);

  // Their time is over.
  void Expire(std::vector<storage::ClaimedRecipient> recipients);

  // Gives recipients back as they are, to be due at `due_time`.
  void Release(const std::vector<ParcelRecipient>& recipients, const storage::EmailRecord& email,
               absl::Time due_time);

 private:
  storage::Outcome After(const storage::EmailRecord& email, storage::ClaimedRecipient claimed,
                         const Verdict& verdict, storage::Attempt attempt,
                         const RetryPolicy& retry);

  const Clock& clock_;
  RandomSource& random_;
  const std::shared_ptr<ClaimSettler> settler_;
  DeliveryObserver* const observer_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_OUTCOME_RECORDER_H_
