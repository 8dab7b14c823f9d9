#ifndef MAILSTROM_MESSAGE_MESSAGE_ID_H_
#define MAILSTROM_MESSAGE_MESSAGE_ID_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/random_source.h"

namespace mailstrom::message {

// The msg-id in the value of a Message-ID field (RFC 5322 §3.6.4), without angle brackets, comments
// and folding. UTF-8 is allowed (RFC 6532 §3.2), a quoted left side too (§4.5.4).
// InvalidArgument: there is not exactly one, or it is malformed.
absl::StatusOr<std::string> ParseMessageId(absl::string_view value);

// InvalidArgument unless `id` is a msg-id without its angle brackets.
absl::Status CheckMessageId(absl::string_view id);

// A new msg-id without angle brackets, `host_name` on its right.
std::string MakeMessageId(absl::Time now, absl::string_view host_name, RandomSource& random);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_MESSAGE_ID_H_
