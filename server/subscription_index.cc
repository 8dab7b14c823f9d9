#include "server/subscription_index.h"

#include "absl/strings/str_cat.h"

namespace mailstrom::server {
namespace {

// A tag as one string. A key has no '='.
std::string TagKey(const std::string& key, const std::string& value) {
  return absl::StrCat(key, "=", value);
}

std::string FirstTag(const EventFilter& filter) {
  const auto& [key, value] = *filter.tags.begin();
  return TagKey(key, value);
}

}  // namespace

void SubscriptionIndex::Add(const EventFilter* filter) {
  if (!filter->email_ids.empty()) {
    for (const std::string& email_id : filter->email_ids) by_email_[email_id].insert(filter);
  } else if (!filter->tags.empty()) {
    by_tag_[FirstTag(*filter)].insert(filter);
  } else {
    broad_.insert(filter);
  }
}

void SubscriptionIndex::Remove(const EventFilter* filter) {
  if (!filter->email_ids.empty()) {
    for (const std::string& email_id : filter->email_ids) Erase(by_email_, email_id, filter);
  } else if (!filter->tags.empty()) {
    Erase(by_tag_, FirstTag(*filter), filter);
  } else {
    broad_.erase(filter);
  }
}

void SubscriptionIndex::ForEachMatch(const storage::Event& event,
                                     absl::FunctionRef<void(const EventFilter*)> visit) const {
  if (const auto found = by_email_.find(event.email_id); found != by_email_.end()) {
    Visit(found->second, event, visit);
  }
  for (const auto& [key, value] : event.tags) {
    if (by_tag_.empty()) break;
    if (const auto found = by_tag_.find(TagKey(key, value)); found != by_tag_.end()) {
      Visit(found->second, event, visit);
    }
  }
  Visit(broad_, event, visit);
}

void SubscriptionIndex::Visit(const Filters& filters, const storage::Event& event,
                              absl::FunctionRef<void(const EventFilter*)> visit) {
  for (const EventFilter* filter : filters) {
    if (filter->Matches(event)) visit(filter);
  }
}

void SubscriptionIndex::Erase(absl::flat_hash_map<std::string, Filters>& index,
                              const std::string& key, const EventFilter* filter) {
  const auto found = index.find(key);
  if (found == index.end()) return;
  found->second.erase(filter);
  if (found->second.empty()) index.erase(found);
}

}  // namespace mailstrom::server
