#ifndef MAILSTROM_DELIVERY_BOUNCE_CLASS_H_
#define MAILSTROM_DELIVERY_BOUNCE_CLASS_H_

// What kind of trouble stood in the way of an attempt, for statistics and for those who act on it
// (clean a list, warm up an address, mend a configuration). Decides nothing itself. Pure.

#include "storage/records.h"

namespace mailstrom::delivery {

using storage::BounceClass;

// From the enhanced code where that is plain, else from what the text says, else from the code
// and how far the attempt got.
BounceClass ClassifyBounce(const storage::Attempt& attempt);

// In lower case with underscores, such as `bad_mailbox`.
const char* BounceClassName(BounceClass bounce_class);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_BOUNCE_CLASS_H_
