#ifndef MAILSTROM_MESSAGE_DOMAIN_H_
#define MAILSTROM_MESSAGE_DOMAIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::message {

// `domain` in lower-case A-labels, when it is one of RFC 5321 §4.1.2 or its internationalised form
// (RFC 6531 §3.3): labels of letters, digits and inner hyphens, 63 octets each and 255 in all, and
// not all digits at the end (RFC 1123 §2.1). InvalidArgument: the message says why.
absl::StatusOr<std::string> NormalizeDomain(absl::string_view domain);

// `literal`, with its brackets, in lower case, when it is an address literal of RFC 5321 §4.1.3: an
// IPv4 or an IPv6 address. Other kinds need a tag registered with IANA, of which there is none.
absl::StatusOr<std::string> NormalizeAddressLiteral(absl::string_view literal);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_DOMAIN_H_
