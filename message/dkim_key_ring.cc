#include "message/dkim_key_ring.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "message/domain.h"

namespace mailstrom::message {
namespace {

constexpr size_t kMaxLabelSize = 63;

// RFC 6376 §3.1: labels joined by dots, each of letters, digits and inner hyphens.
bool IsSelector(absl::string_view selector) {
  for (const absl::string_view label : absl::StrSplit(selector, '.')) {
    if (label.empty() || label.size() > kMaxLabelSize || label.front() == '-' ||
        label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      // Verifiers take underscores, and some domains have published them.
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
    }
  }
  return true;
}

}  // namespace

absl::Status DkimKeyRing::Add(absl::string_view domain, absl::string_view selector, DkimKey key) {
  ASSIGN_OR_RETURN(const std::string normal, NormalizeDomain(domain));
  if (!IsSelector(selector)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a selector must be labels of letters, digits and hyphens, not `", selector,
                     "` (RFC 6376 §3.1)"));
  }
  DkimDomainKeys& domain_keys = domains_[normal];
  domain_keys.domain = normal;
  for (const DkimSelectorKey& other : domain_keys.keys) {
    if (other.selector == selector) {
      return absl::AlreadyExistsError(
          absl::StrCat("the selector ", selector, " of ", normal, " has a key already"));
    }
  }
  domain_keys.keys.push_back({std::string(selector), std::move(key)});
  return absl::OkStatus();
}

const DkimDomainKeys* DkimKeyRing::Find(absl::string_view domain) const {
  const absl::StatusOr<std::string> normal = NormalizeDomain(domain);
  if (!normal.ok()) return nullptr;
  absl::string_view rest = *normal;
  for (;;) {
    const auto it = domains_.find(rest);
    if (it != domains_.end()) return &it->second;
    const size_t dot = rest.find('.');
    if (dot == absl::string_view::npos) return nullptr;
    rest.remove_prefix(dot + 1);
  }
}

std::vector<const DkimDomainKeys*> DkimKeyRing::All() const {
  std::vector<const DkimDomainKeys*> result;
  for (const auto& [name, keys] : domains_) result.push_back(&keys);
  std::sort(result.begin(), result.end(),
            [](const DkimDomainKeys* a, const DkimDomainKeys* b) { return a->domain < b->domain; });
  return result;
}

}  // namespace mailstrom::message
