#ifndef MAILSTROM_DELIVERY_KNOWN_SITES_H_
#define MAILSTROM_DELIVERY_KNOWN_SITES_H_

#include <cstddef>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery {

// To which site the mail for a domain went last, of at most `max_domains`: those longest not met
// are forgotten. Only for people: delivery looks up each route anew. Lives on one strand.
class KnownSites {
 public:
  explicit KnownSites(size_t max_domains);

  // `domain` in lower-case A-labels.
  void Note(const std::string& domain, const std::string& site_key);

  // Empty: not known.
  std::string SiteOf(absl::string_view domain) const;

  // Domains whose site has this key, or a host of this name.
  std::vector<std::string> DomainsOf(absl::string_view site) const;

 private:
  using List = std::list<std::pair<std::string, std::string>>;

  const size_t max_domains_;
  // Met last at the front.
  List domains_;
  absl::flat_hash_map<std::string, List::iterator> by_domain_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_KNOWN_SITES_H_
