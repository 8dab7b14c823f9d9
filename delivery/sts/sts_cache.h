#ifndef MAILSTROM_DELIVERY_STS_STS_CACHE_H_
#define MAILSTROM_DELIVERY_STS_STS_CACHE_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "delivery/sts/sts_policy.h"

namespace mailstrom::delivery {

// Keeps policies until their max_age is over, also over restarts: who takes a policy's DNS record
// away must not get mail in clear (RFC 8461 §5.1). One small file for each domain, replaced as a
// whole. Files are not synced, because that would hold up all deliveries: what a power cut takes,
// or leaves in pieces, is passed over and fetched anew with the domain's next mail. Lives on one
// strand.
class StsCache {
 public:
  struct Entry {
    std::string id;
    absl::Time expire_time;
    StsPolicy policy;
  };

  // Empty `directory`: in memory only. Reads what is there; what does not parse is passed over. A
  // directory that cannot be used is logged, and the cache goes on in memory.
  StsCache(std::string directory, size_t max_entries, absl::Time now);

  // Null: none that still holds. Valid until the next Put.
  const Entry* Find(const std::string& domain, absl::Time now) const;

  // Keeps a policy that was fetched now; `text` parses as `policy`. `domain` in lower-case
  // A-labels.
  void Put(const std::string& domain, std::string id, absl::string_view text, StsPolicy policy,
           absl::Time now);

  size_t size() const { return entries_.size(); }

 private:
  void Load(absl::Time now);
  void MakeRoom(absl::Time now);
  void Forget(const std::string& domain);
  std::string PathOf(const std::string& domain) const;

  std::string directory_;
  const size_t max_entries_;
  absl::flat_hash_map<std::string, Entry> entries_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_STS_STS_CACHE_H_
