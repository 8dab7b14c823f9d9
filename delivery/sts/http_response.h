#ifndef MAILSTROM_DELIVERY_STS_HTTP_RESPONSE_H_
#define MAILSTROM_DELIVERY_STS_HTTP_RESPONSE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery {

// The body of an HTTP/1.1 response (RFC 9112), read from all bytes so far; nothing: more are
// needed. `closed`: there will be no more. InvalidArgument: it is malformed or cut off.
// FailedPrecondition: it is not 200 with text/plain; a redirection is not followed (RFC 8461 §3.3).
absl::StatusOr<std::optional<std::string>> ReadHttpResponse(absl::string_view bytes, bool closed);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_STS_HTTP_RESPONSE_H_
