#ifndef MAILSTROM_DELIVERY_RETRY_HINT_H_
#define MAILSTROM_DELIVERY_RETRY_HINT_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mailstrom::delivery {

// How long the text of a temporary refusal asks to wait, such as 300 s in `greylisted, please try
// again in 5 minutes` or `retry after 00:05:00`. Nothing when it does not say. Pure; the text comes
// from a stranger, the result is not bounded.
std::optional<absl::Duration> FindRetryHint(absl::string_view text);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_RETRY_HINT_H_
