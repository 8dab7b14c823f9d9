#include "storage/records.h"

#include <algorithm>
#include <cstdint>

namespace mailstrom::storage {

int64_t Email::revision() const {
  int64_t newest = 0;
  for (const Recipient& recipient : recipients) newest = std::max(newest, recipient.revision);
  return newest;
}

bool Email::settled() const {
  return std::all_of(recipients.begin(), recipients.end(),
                     [](const Recipient& recipient) { return IsFinal(recipient.state); });
}

}  // namespace mailstrom::storage
