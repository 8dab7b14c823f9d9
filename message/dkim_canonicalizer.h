#ifndef MAILSTROM_MESSAGE_DKIM_CANONICALIZER_H_
#define MAILSTROM_MESSAGE_DKIM_CANONICALIZER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// RFC 6376 §3.4: what of a message may change on its way without breaking a signature.
enum class DkimCanonicalization { kSimple, kRelaxed };

// As the c= tag of a signature names it.
absl::string_view DkimCanonicalizationName(DkimCanonicalization canonicalization);

// The field `name`:`value` as it is signed, with its CRLF. `value` may be folded and does not end
// in a line end.
std::string CanonicalField(DkimCanonicalization canonicalization, absl::string_view name,
                           absl::string_view value);

// The SHA-256 digest of `body` as it is signed, in one pass and without a copy. Lines end in CRLF.
std::string BodyDigest(DkimCanonicalization canonicalization, absl::string_view body);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_DKIM_CANONICALIZER_H_
