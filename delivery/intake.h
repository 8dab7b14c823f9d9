#ifndef MAILSTROM_DELIVERY_INTAKE_H_
#define MAILSTROM_DELIVERY_INTAKE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "asio/any_io_executor.hpp"
#include "base/clock.h"
#include "delivery/claim_settler.h"
#include "delivery/domain_turns.h"
#include "delivery/outcome_recorder.h"
#include "delivery/parcel.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// Passes what was claimed on to be routed, some emails at a time and with domains in turn, so that
// a full window does not hold up the strand. Lives on one strand.
class Intake : public std::enable_shared_from_this<Intake> {
 public:
  struct Hooks {
    // Takes an email's recipients, by domain.
    std::function<void(std::shared_ptr<const storage::EmailRecord>, std::vector<DomainGroup>)>
        route;
    // Takes recipients whose addresses are none.
    std::function<void(const storage::EmailRecord&, std::vector<storage::ClaimedRecipient>)>
        malformed;
  };

  // What is passed in by reference must outlive it.
  Intake(const Clock& clock, asio::any_io_executor executor, std::shared_ptr<ClaimSettler> settler,
         OutcomeRecorder& outcomes, Hooks hooks);

  // Takes what was claimed; recipients whose time is over by the time of their turn expire.
  void Take(std::vector<storage::ClaimedEmail> emails);

  // Whether this recipient waits for its turn. Looks at all.
  bool Has(const std::string& email_id, int recipient_index) const;

  // Gives back what waits, and what comes from now on.
  void Stop();

 private:
  // Passes some on, and comes back for the rest.
  void PassSome();
  void Pass(storage::ClaimedEmail email);
  void GiveBack();

  const Clock& clock_;
  const asio::any_io_executor executor_;
  const std::shared_ptr<ClaimSettler> settler_;
  OutcomeRecorder& outcomes_;
  const Hooks hooks_;
  DomainTurns waiting_;
  // A turn to pass on more is on its way.
  bool passing_ = false;
  bool stopped_ = false;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_INTAKE_H_
