#ifndef MAILSTROM_DELIVERY_EXPIRING_SET_H_
#define MAILSTROM_DELIVERY_EXPIRING_SET_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace mailstrom::delivery {

// Remembers strings for a while, at most `max_size` of them. Lives on one strand.
class ExpiringSet {
 public:
  explicit ExpiringSet(size_t max_size);

  // Remembers `key` until `end`. When full, what ends first is forgotten.
  void Add(const std::string& key, absl::Time end, absl::Time now);
  void Remove(const std::string& key);
  bool Contains(const std::string& key, absl::Time now) const;

 private:
  void MakeRoom(absl::Time now);

  const size_t max_size_;
  absl::flat_hash_map<std::string, absl::Time> ends_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_EXPIRING_SET_H_
