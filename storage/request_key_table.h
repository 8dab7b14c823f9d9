#ifndef MAILSTROM_STORAGE_REQUEST_KEY_TABLE_H_
#define MAILSTROM_STORAGE_REQUEST_KEY_TABLE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/store.h"

namespace mailstrom::storage {

// The keys of accepted requests in memory, each until it expires. Not thread-safe.
class RequestKeyTable {
 public:
  // The email that an earlier request with this key made; nothing: there was none, or its key has
  // expired by `now`. RequestKeyReusedError: that was another request.
  absl::StatusOr<std::optional<std::string>> Find(const RequestKey& key, absl::Time now) const;

  // Keeps a key that Find did not find, and forgets those that have expired by `now`.
  void Put(RequestKey key, const std::string& email_id, absl::Time now);

 private:
  struct Entry {
    std::string digest;
    std::string email_id;
    absl::Time expire_time;
  };
  // Caller and request_id.
  using Name = std::pair<std::string, std::string>;

  std::map<Name, Entry> entries_;
  // Names by the ends of their keys.
  std::set<std::pair<absl::Time, Name>> ends_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_REQUEST_KEY_TABLE_H_
