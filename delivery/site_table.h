#ifndef MAILSTROM_DELIVERY_SITE_TABLE_H_
#define MAILSTROM_DELIVERY_SITE_TABLE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "delivery/release_pacer.h"
#include "delivery/site_health.h"
#include "delivery/site_policy.h"
#include "delivery/token_bucket.h"
#include "storage/records.h"

namespace mailstrom::delivery {

// What is known of one site.
struct SiteEntry {
  explicit SiteEntry(const SiteHealthOptions& options) : health(options) {}

  // Takes the bounds and rates of the policy that is in force now.
  void SetPolicy(const std::shared_ptr<const SitePolicy>& new_policy);

  std::shared_ptr<const SitePolicy> policy;
  SiteHealth health;
  TokenBucket connections;
  // Of those handed out, so that no more wait with a connection open than its rate allows ...
  TokenBucket messages;
  // ... and of those that begin on the wire, which may be some time later.
  TokenBucket begun;
  ReleasePacer pacer;
  // Of the last attempt that could not speak with the site; says why it is suspended.
  storage::Attempt last_failure;
};

// What is known of all sites, of at most `max_sites`: those longest not asked for are forgotten.
// Lives on one strand.
class SiteTable {
 public:
  SiteTable(const SiteHealthOptions& options, size_t max_sites);

  // Made new when nothing is known. Valid until the next call.
  SiteEntry& Get(const std::string& site_key);

  // Null when nothing is known. Does not count as asking.
  SiteEntry* Find(const std::string& site_key);

  size_t size() const { return sites_.size(); }

  // Shows every site.
  void ForEach(
      absl::FunctionRef<void(const std::string& site_key, const SiteEntry& site)> visit) const {
    for (const auto& [site_key, site] : sites_) visit(site_key, site);
  }

 private:
  using List = std::list<std::pair<std::string, SiteEntry>>;

  const SiteHealthOptions options_;
  const size_t max_sites_;
  // Asked for last at the front.
  List sites_;
  absl::flat_hash_map<std::string, List::iterator> by_key_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITE_TABLE_H_
