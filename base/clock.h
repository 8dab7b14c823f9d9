#ifndef MAILSTROM_BASE_CLOCK_H_
#define MAILSTROM_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace mailstrom {

// Tells the wall-clock time (UTC). Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_CLOCK_H_
