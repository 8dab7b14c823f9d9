#ifndef MAILSTROM_MESSAGE_DKIM_KEY_RING_H_
#define MAILSTROM_MESSAGE_DKIM_KEY_RING_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "message/dkim_key.h"

namespace mailstrom::message {

struct DkimSelectorKey {
  std::string selector;
  DkimKey key;
};

// The keys that sign for one domain.
struct DkimDomainKeys {
  // The d= of signatures: a domain in lower-case A-labels.
  std::string domain;
  std::vector<DkimSelectorKey> keys;
};

// The keys of a server, by domain and selector. A value: to reload keys, build another one.
class DkimKeyRing {
 public:
  // Adds a key. InvalidArgument: `domain` is no domain, or `selector` no DNS labels.
  // AlreadyExists: the selector of that domain has a key already.
  absl::Status Add(absl::string_view domain, absl::string_view selector, DkimKey key);

  // The keys that sign for mail from `domain`: its own, else those of the closest domain above it,
  // which DMARC takes for the same organisation (RFC 7489 §3.1.1). Null when there are none. Valid
  // until the ring changes.
  const DkimDomainKeys* Find(absl::string_view domain) const;

  bool empty() const { return domains_.empty(); }

  // Every domain's keys, ordered by domain.
  std::vector<const DkimDomainKeys*> All() const;

 private:
  absl::flat_hash_map<std::string, DkimDomainKeys> domains_;
};

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_DKIM_KEY_RING_H_
