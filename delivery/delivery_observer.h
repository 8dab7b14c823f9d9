#ifndef MAILSTROM_DELIVERY_DELIVERY_OBSERVER_H_
#define MAILSTROM_DELIVERY_DELIVERY_OBSERVER_H_

#include "absl/time/time.h"
#include "storage/records.h"

namespace mailstrom::delivery {

// Is told what comes of recipients, to count it. Called on the engine's strand before the outcome
// is recorded; must not block.
class DeliveryObserver {
 public:
  virtual ~DeliveryObserver() = default;
  // An attempt ended at `now` and left a recipient of `email` as `after` is. `in_doubt`: whether
  // the message came through in this very attempt is unknown.
  virtual void OnAttempt(const storage::EmailRecord& email, const storage::Recipient& after,
                         bool in_doubt, absl::Time now) = 0;
  // A recipient's time was over before another attempt began.
  virtual void OnExpired(const storage::Recipient& after) = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DELIVERY_OBSERVER_H_
