#ifndef MAILSTROM_CLIENTS_CPP_RETRY_PAUSES_H_
#define MAILSTROM_CLIENTS_CPP_RETRY_PAUSES_H_

#include <functional>

#include "absl/time/time.h"

namespace mailstrom::client {

// Pauses between tries: each twice as long as the one before, up to a maximum, and shortened by a
// random part of up to its half, so that callers who failed together do not come back together.
class RetryPauses {
 public:
  // `draw` returns a number from 0 to 1; without it, a random one.
  RetryPauses(absl::Duration initial, absl::Duration max, std::function<double()> draw = nullptr);

  // Starts anew, after a success.
  void Reset() { pause_ = initial_; }
  absl::Duration Next();
  // Waits for the next pause; false, at once, when the time until `deadline` is not longer.
  bool Wait(absl::Time deadline);

 private:
  absl::Duration initial_;
  absl::Duration max_;
  std::function<double()> draw_;
  absl::Duration pause_;
};

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_RETRY_PAUSES_H_
