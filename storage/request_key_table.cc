#include "storage/request_key_table.h"

namespace mailstrom::storage {

absl::StatusOr<std::optional<std::string>> RequestKeyTable::Find(const RequestKey& key,
                                                                 absl::Time now) const {
  const auto found = entries_.find({key.caller, key.request_id});
  if (found == entries_.end() || found->second.expire_time <= now) return std::nullopt;
  if (found->second.digest != key.digest) return RequestKeyReusedError(found->second.email_id);
  return found->second.email_id;
}

void RequestKeyTable::Put(RequestKey key, const std::string& email_id, absl::Time now) {
  while (!ends_.empty() && ends_.begin()->first <= now) {
    entries_.erase(ends_.begin()->second);
    ends_.erase(ends_.begin());
  }
  Name name(std::move(key.caller), std::move(key.request_id));
  ends_.emplace(key.expire_time, name);
  entries_[std::move(name)] = {std::move(key.digest), email_id, key.expire_time};
}

}  // namespace mailstrom::storage
