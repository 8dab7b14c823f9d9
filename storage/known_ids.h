#ifndef MAILSTROM_STORAGE_KNOWN_IDS_H_
#define MAILSTROM_STORAGE_KNOWN_IDS_H_

#include <string>

#include "absl/container/flat_hash_set.h"

namespace mailstrom::storage {

// Which email ids are taken, as far as that is known without a look at the disk. Ids are drawn in
// about the order in which they come, so a new one is mostly larger than all before it. Not
// thread-safe.
class KnownIds {
 public:
  enum class Answer { kFree, kTaken, kUnknown };

  // Nothing is known but that no id is larger than `largest`.
  void Reset(std::string largest);
  // Leaves to the disk whether any of those added is taken.
  void Forget();

  void Add(const std::string& email_id);
  Answer Ask(const std::string& email_id) const;

 private:
  // Every id that is taken and larger than `above_` is among `ids_`.
  std::string above_;
  absl::flat_hash_set<std::string> ids_;
  std::string largest_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_KNOWN_IDS_H_
