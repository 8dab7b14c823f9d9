#ifndef MAILSTROM_SERVER_EVENT_FILTER_H_
#define MAILSTROM_SERVER_EVENT_FILTER_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "storage/records.h"

namespace mailstrom::server {

// All who watch share one copy of an event.
using EventPtr = std::shared_ptr<const storage::Event>;

// Roughly what an event takes in memory.
size_t MemoryBytes(const storage::Event& event);

// Which events a watcher wants. Conditions that are set must all hold.
struct EventFilter {
  // Empty: of all emails.
  absl::flat_hash_set<std::string> email_ids;
  std::map<std::string, std::string> tags;
  // Whose emails; unset: of all.
  std::optional<std::string> tenant = std::nullopt;

  bool Matches(const storage::Event& event) const;
  bool MatchesTenant(const std::string& email_tenant) const {
    return !tenant.has_value() || *tenant == email_tenant;
  }
  bool MatchesTags(const std::map<std::string, std::string>& email_tags) const;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_EVENT_FILTER_H_
