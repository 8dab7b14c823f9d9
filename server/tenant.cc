#include "server/tenant.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace mailstrom::server {

bool Tenant::MaySendFrom(absl::string_view domain) const {
  if (from_domains.empty()) return true;
  return std::any_of(from_domains.begin(), from_domains.end(), [domain](absl::string_view pattern) {
    if (!absl::StartsWith(pattern, "*.")) return domain == pattern;
    pattern.remove_prefix(1);
    return domain.size() > pattern.size() && absl::EndsWith(domain, pattern);
  });
}

}  // namespace mailstrom::server
