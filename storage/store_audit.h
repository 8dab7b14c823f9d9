#ifndef MAILSTROM_STORAGE_STORE_AUDIT_H_
#define MAILSTROM_STORAGE_STORE_AUDIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// What a look over a whole store has found.
struct StoreAudit {
  // Sentences about what contradicts what; none if all is well.
  std::vector<std::string> problems;

  int64_t emails = 0;
  int64_t queued = 0;
  int64_t deferred = 0;
  int64_t delivered = 0;
  int64_t failed = 0;
  // The events of each email, in order.
  std::map<std::string, std::vector<Event>> events;
};

// Reads the whole event log and every email in it, and holds one against the other: numbers without
// gaps, each recipient QUEUED first and never changed once final, the last event of each recipient
// equal to its record, content exactly as long as an email is not settled. The log must still have
// its beginning, and nothing else may happen meanwhile. With `claim_all`, also claims all that is
// due at any time, which must be just what is not settled; for stores without claims.
StoreAudit AuditStore(Store& store, bool claim_all);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_STORE_AUDIT_H_
