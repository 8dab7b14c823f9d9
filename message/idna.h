#ifndef MAILSTROM_MESSAGE_IDNA_H_
#define MAILSTROM_MESSAGE_IDNA_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::message {

// `domain`, in UTF-8, as lower-case A-labels (IDNA 2008 after the mapping of UTS 46, which keeps
// ß, ς and the joiners apart from what they looked like in 2003). ASCII is not checked: a caller
// refuses what is no host name.
// InvalidArgument: a label that IDNA does not allow; the message says why.
absl::StatusOr<std::string> DomainToAscii(absl::string_view domain);

// `domain`, in A-labels, as people read it. InvalidArgument: a label that is no A-label.
absl::StatusOr<std::string> DomainToUnicode(absl::string_view domain);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_IDNA_H_
