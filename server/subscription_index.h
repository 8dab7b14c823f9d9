#ifndef MAILSTROM_SERVER_SUBSCRIPTION_INDEX_H_
#define MAILSTROM_SERVER_SUBSCRIPTION_INDEX_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "server/event_filter.h"
#include "storage/records.h"

namespace mailstrom::server {

// Finds the filters that an event matches without a look at the others, so that thousands of
// watchers of single emails or tags cost an event nothing. Not thread-safe.
class SubscriptionIndex {
 public:
  // `filter` must stay as it is until it is removed.
  void Add(const EventFilter* filter);
  // Does nothing when it is not there.
  void Remove(const EventFilter* filter);

  // Each matching filter once.
  void ForEachMatch(const storage::Event& event,
                    absl::FunctionRef<void(const EventFilter*)> visit) const;

 private:
  using Filters = absl::flat_hash_set<const EventFilter*>;

  static void Visit(const Filters& filters, const storage::Event& event,
                    absl::FunctionRef<void(const EventFilter*)> visit);
  static void Erase(absl::flat_hash_map<std::string, Filters>& index, const std::string& key,
                    const EventFilter* filter);

  // Each filter is in one of these: under the emails that it names, else under one of its tags,
  // else with those that want everything.
  absl::flat_hash_map<std::string, Filters> by_email_;
  absl::flat_hash_map<std::string, Filters> by_tag_;
  Filters broad_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SUBSCRIPTION_INDEX_H_
