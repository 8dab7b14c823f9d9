#ifndef MAILSTROM_SERVER_TRACEPARENT_H_
#define MAILSTROM_SERVER_TRACEPARENT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mailstrom::server {

// The caller's place in a distributed trace (W3C Trace Context §3.2): from the values of the
// metadata `traceparent` the form of version 00, `00-TRACE_ID-PARENT_ID-FLAGS`. Empty when there is
// not exactly one, or it is malformed; as the specification wants, that is no error of the call. Of
// a later version it is what version 00 knows.
std::string ParseTraceparent(const std::vector<absl::string_view>& values);

// Its trace id, 32 hexadecimal digits; empty for an empty one.
absl::string_view TraceId(absl::string_view traceparent);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_TRACEPARENT_H_
