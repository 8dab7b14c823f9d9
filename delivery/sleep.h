#ifndef MAILSTROM_DELIVERY_SLEEP_H_
#define MAILSTROM_DELIVERY_SLEEP_H_

#include "absl/time/time.h"
#include "asio/awaitable.hpp"
#include "base/alarms.h"

namespace mailstrom::delivery {

// Resumes after `duration` by `alarms`, which must belong to the caller's strand.
asio::awaitable<void> Sleep(Alarms& alarms, absl::Duration duration);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SLEEP_H_
