#ifndef MAILSTROM_BASE_ALARMS_H_
#define MAILSTROM_BASE_ALARMS_H_

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace mailstrom {

// Calls back after a delay, measured on a monotonic clock, so a jump of the wall clock neither
// hastens nor holds up an alarm. Belongs to one strand: set and cancel only from it; alarms go off
// on it, never inside Set or Cancel, and in the order (time, order of setting).
class Alarms {
 public:
  using Id = uint64_t;
  static constexpr Id kNone = 0;

  virtual ~Alarms() = default;

  // Calls `ring` once, after `delay` (at the next turn when it is not positive). Never returns
  // kNone.
  virtual Id Set(absl::Duration delay, absl::AnyInvocable<void()> ring) = 0;

  // Afterwards the alarm does not ring. No effect for kNone, or for one that has rung.
  virtual void Cancel(Id id) = 0;
};

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_ALARMS_H_
