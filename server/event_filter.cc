#include "server/event_filter.h"

#include <optional>

namespace mailstrom::server {
namespace {

// A node of a std::map, its two strings included.
constexpr size_t kTagBytes = 96;

}  // namespace

size_t MemoryBytes(const storage::Event& event) {
  size_t bytes =
      sizeof(event) + event.email_id.size() + event.tenant.size() + event.recipient.address.size();
  for (const auto& [key, value] : event.tags) bytes += kTagBytes + key.size() + value.size();
  if (const std::optional<storage::Attempt>& attempt = event.recipient.last_attempt) {
    bytes += attempt->mx_host.size() + attempt->mx_address.size() + attempt->tls.size() +
             attempt->description.size();
    if (attempt->reply.has_value()) {
      bytes += attempt->reply->enhanced_code.size() + attempt->reply->text.size();
    }
  }
  return bytes;
}

bool EventFilter::Matches(const storage::Event& event) const {
  return (email_ids.empty() || email_ids.contains(event.email_id)) && MatchesTenant(event.tenant) &&
         MatchesTags(event.tags);
}

bool EventFilter::MatchesTags(const std::map<std::string, std::string>& email_tags) const {
  for (const auto& [key, value] : tags) {
    const auto found = email_tags.find(key);
    if (found == email_tags.end() || found->second != value) return false;
  }
  return true;
}

}  // namespace mailstrom::server
