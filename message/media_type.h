#ifndef MAILSTROM_MESSAGE_MEDIA_TYPE_H_
#define MAILSTROM_MESSAGE_MEDIA_TYPE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::message {

// What a Content-Type field says (RFC 2045 §5), names in lower case.
struct MediaType {
  std::string type;
  std::string subtype;
  std::vector<std::pair<std::string, std::string>> parameters;

  bool has_parameter(absl::string_view name) const;
  // Whether its content may be encoded neither as quoted-printable nor as base64 (RFC 2046 §5.2).
  bool is_7bit_only() const;
};

// Parses `type/subtype` with parameters, each value a token or a quoted-string in ASCII. For what
// callers give: comments, encoded parameters (RFC 2231) and repeated ones are refused.
// InvalidArgument: the message says why.
absl::StatusOr<MediaType> ParseMediaType(absl::string_view text);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_MEDIA_TYPE_H_
