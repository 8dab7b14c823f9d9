#include "delivery/domain_gate.h"

#include <algorithm>
#include <iterator>

namespace mailstrom::delivery {

DomainGate::DomainGate(size_t max_domains) : max_domains_(std::max<size_t>(max_domains, 1)) {}

void DomainGate::SetLimits(const std::string& domain, const DomainLimits& limits) {
  Entry& entry = Get(domain);
  entry.most = limits.connections;
  entry.connections.SetRate(limits.connections_per_second);
  entry.messages.SetRate(limits.messages_per_second);
  entry.begun.SetRate(limits.messages_per_second);
}

absl::Time DomainGate::NextAttempt(const std::string& domain, bool connected) {
  const Entry& entry = Get(domain);
  if (entry.most > 0 && entry.running >= entry.most) return absl::InfiniteFuture();
  const absl::Time message = entry.messages.NextAvailable();
  return connected ? message : std::max(message, entry.connections.NextAvailable());
}

absl::Time DomainGate::NextConnection(const std::string& domain) {
  return Get(domain).connections.NextAvailable();
}

void DomainGate::AttemptBegan(const std::string& domain, absl::Time now) {
  Entry& entry = Get(domain);
  ++entry.running;
  entry.messages.Spend(1, now);
}

void DomainGate::AttemptEnded(const std::string& domain) { --Get(domain).running; }

void DomainGate::ConnectionOpened(const std::string& domain, absl::Time now) {
  Get(domain).connections.Spend(1, now);
}

absl::Time DomainGate::NextMessage(const std::string& domain) {
  return Get(domain).begun.NextAvailable();
}

void DomainGate::MessageBegan(const std::string& domain, absl::Time now) {
  Get(domain).begun.Spend(1, now);
}

DomainGate::Entry& DomainGate::Get(const std::string& domain) {
  const auto found = by_domain_.find(domain);
  if (found != by_domain_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front().second;
  }
  if (entries_.size() >= max_domains_) MakeRoom();
  entries_.emplace_front(domain, Entry());
  by_domain_[domain] = entries_.begin();
  return entries_.front().second;
}

void DomainGate::MakeRoom() {
  for (auto position = entries_.end(); position != entries_.begin();) {
    --position;
    if (position->second.running > 0) continue;
    by_domain_.erase(position->first);
    entries_.erase(position);
    return;
  }
}

}  // namespace mailstrom::delivery
