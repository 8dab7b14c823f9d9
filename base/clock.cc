#include "base/clock.h"

#include "absl/time/clock.h"

namespace mailstrom {

absl::Time SystemClock::Now() const { return absl::Now(); }

}  // namespace mailstrom
