#ifndef MAILSTROM_MESSAGE_ADDRESS_LIST_H_
#define MAILSTROM_MESSAGE_ADDRESS_LIST_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "message/content.h"

namespace mailstrom::message {

// Parses the value of an address field, such as To: mailboxes and groups (RFC 5322 §3.4, RFC 6854),
// UTF-8 in every part (RFC 6532 §3.2), comments, folding, and the obsolete forms of §4.4: routes,
// empty elements, white space around dots, words in pieces.
//
// A mailbox's address comes out as AddrSpec::ToString gives it: without comments, in its shortest
// quoting, the domain in lower-case A-labels. A domain that RFC 5322 allows and SMTP does not, such
// as one with an underscore or a literal that is no IP address, stays as it is written. Display
// names come out as text: quotes removed, encoded-words decoded (RFC 2047 §5 (3)).
//
// InvalidArgument: the list is malformed or names nobody, or an address is over its limits; the
// message says where and why.
absl::StatusOr<std::vector<Address>> ParseAddressList(absl::string_view text);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_ADDRESS_LIST_H_
