#ifndef MAILSTROM_MESSAGE_DKIM_SIGNER_H_
#define MAILSTROM_MESSAGE_DKIM_SIGNER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "message/dkim_canonicalizer.h"
#include "message/dkim_key_ring.h"

namespace mailstrom::message {

struct DkimSignOptions {
  DkimCanonicalization header = DkimCanonicalization::kRelaxed;
  DkimCanonicalization body = DkimCanonicalization::kRelaxed;
};

// The DKIM-Signature fields of `message` (RFC 6376, RFC 8463), one for each of `keys`, to be put
// before its first field; each line ends in CRLF. `message` is one that CheckRaw or Compose made.
//
// Signed are the fields that say who wrote what to whom and how to read it (RFC 6376 §5.4.1), every
// instance of them; From once more than there is, so that nobody can add another.
std::string DkimSign(absl::string_view message, const DkimDomainKeys& keys, absl::Time now,
                     const DkimSignOptions& options = {});

// The domain of the first mailbox of the From field of `message`, in lower-case A-labels: whose
// keys should sign it (RFC 7489 §3.1). Empty when there is none, or it is no domain.
std::string AuthorDomain(absl::string_view message);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_DKIM_SIGNER_H_
