#include "delivery/expiring_set.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace mailstrom::delivery {

ExpiringSet::ExpiringSet(size_t max_size) : max_size_(std::max<size_t>(max_size, 1)) {}

void ExpiringSet::Add(const std::string& key, absl::Time end, absl::Time now) {
  if (!ends_.contains(key) && ends_.size() >= max_size_) MakeRoom(now);
  ends_[key] = end;
}

void ExpiringSet::Remove(const std::string& key) { ends_.erase(key); }

bool ExpiringSet::Contains(const std::string& key, absl::Time now) const {
  const auto found = ends_.find(key);
  return found != ends_.end() && found->second > now;
}

void ExpiringSet::MakeRoom(absl::Time now) {
  absl::erase_if(ends_, [now](const auto& entry) { return entry.second <= now; });
  if (ends_.size() < max_size_) return;
  ends_.erase(std::min_element(ends_.begin(), ends_.end(),
                               [](const auto& a, const auto& b) { return a.second < b.second; }));
}

}  // namespace mailstrom::delivery
