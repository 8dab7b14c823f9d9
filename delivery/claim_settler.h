#ifndef MAILSTROM_DELIVERY_CLAIM_SETTLER_H_
#define MAILSTROM_DELIVERY_CLAIM_SETTLER_H_

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asio/any_io_executor.hpp"
#include "base/alarms.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// Ends claims: records outcomes and gives claims back, in batches, one call to the store at a time.
// What the store refuses stays here and is put to it again, with growing pauses, until it is taken:
// an outcome that is known is never found out anew by another delivery. Lives on one strand.
class ClaimSettler : public std::enable_shared_from_this<ClaimSettler> {
 public:
  // `settled` is called with the number of claims that ended, after each step, also when none did.
  ClaimSettler(storage::Store& store, Alarms& alarms, asio::any_io_executor executor,
               absl::AnyInvocable<void(int)> settled);

  void Record(std::vector<storage::Outcome> outcomes);
  // As Store::Release; due times are rounded up to full seconds.
  void Release(std::vector<storage::Claim> claims, absl::Time due_time);

  // As Store::Hold, likewise.
  void Hold(std::vector<storage::Claim> claims, absl::Time due_time);

  // Gives back what is still to be held, as it is, and runs `done` once nothing that was held
  // before is on its way to the store.
  void UndoHolds(absl::AnyInvocable<void()> done);

  // Whether the store refused the last call.
  bool failing() const { return failures_ > 0; }
  // Claims that wait to be ended, and whether this recipient's is among them.
  size_t pending() const;
  bool Has(const std::string& email_id, int recipient_index) const;

  // Does nothing more, whatever is pending.
  void Stop();

 private:
  // How claims are given back: when they are due, and whether an operator holds them.
  using Ending = std::pair<absl::Time, bool>;

  void Step();
  void RecordNext();
  void ReleaseNext();
  void OnRecorded(size_t count, const absl::Status& status);
  void GiveBack(std::vector<storage::Claim> claims, absl::Time due_time, bool hold);
  // Turns what is to be held, and not on its way, into releases.
  void TurnHolds();
  void OnReleased(Ending ending, size_t count, const absl::Status& status);
  // True: the call failed and will be made again.
  bool PutOff(const absl::Status& status);

  storage::Store& store_;
  Alarms& alarms_;
  const asio::any_io_executor executor_;
  absl::AnyInvocable<void(int)> settled_;
  std::deque<storage::Outcome> outcomes_;
  std::map<Ending, std::deque<storage::Claim>> releases_;
  bool calling_ = false;
  // Claims that the call under way holds, and under which ending they stand.
  std::optional<std::pair<Ending, size_t>> holding_;
  std::vector<absl::AnyInvocable<void()>> holds_undone_;
  bool stopped_ = false;
  // Outcomes still to be recorded one by one, because one of them spoils the batch.
  size_t singly_ = 0;
  int failures_ = 0;
  Alarms::Id alarm_ = Alarms::kNone;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_CLAIM_SETTLER_H_
