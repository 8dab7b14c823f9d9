#ifndef MAILSTROM_DELIVERY_BOUNCE_CLASS_H_
#define MAILSTROM_DELIVERY_BOUNCE_CLASS_H_

// What kind of trouble stood in the way of an attempt, for statistics and for those who act on it
// (clean a list, warm up an address, mend a configuration). Decides nothing itself. Pure.

#include "storage/records.h"

namespace mailstrom::delivery {

enum class BounceClass {
  kNone,             // It was delivered.
  kBadMailbox,       // There is no such mailbox.
  kInactiveMailbox,  // There is, but it is disabled.
  kMailboxFull,
  kBadDomain,       // The domain does not exist or takes no mail.
  kReputation,      // This host or its network is not welcome.
  kAuthentication,  // SPF, DKIM or DMARC.
  kContent,         // The message looks like spam or malware.
  kPolicy,          // Another rule of theirs.
  kRate,            // Too much at a time.
  kGreylisting,     // A stranger's first visit.
  kSize,            // The message is too large.
  kUnsupported,     // The message needs what the host lacks.
  kConfiguration,   // Relaying, host names, TLS: something is set up wrong, here or there.
  kConnection,      // The host could not be spoken with.
  kDns,             // Its name gave no answer.
  kSystem,          // Trouble on the host.
  kOther,
};

// From the enhanced code where that is plain, else from what the text says, else from the code
// and how far the attempt got.
BounceClass ClassifyBounce(const storage::Attempt& attempt);

// In lower case with underscores, such as `bad_mailbox`.
const char* BounceClassName(BounceClass bounce_class);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_BOUNCE_CLASS_H_
