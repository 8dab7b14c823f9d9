#include "delivery/connection_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mailstrom::delivery {

ConnectionCache::ConnectionCache(Alarms& alarms, absl::Duration idle, size_t max_idle,
                                 CloseSession close)
    : alarms_(alarms), idle_time_(idle), max_idle_(max_idle), close_(std::move(close)) {}

ConnectionCache::~ConnectionCache() { Drop(); }

std::optional<Connection> ConnectionCache::Take(const std::string& peer_key) {
  const auto found = by_peer_.find(peer_key);
  if (found == by_peer_.end()) return std::nullopt;
  return Remove(found->second.back());
}

void ConnectionCache::Put(Connection connection) {
  if (max_idle_ == 0 || idle_time_ <= absl::ZeroDuration()) {
    close_(std::move(connection.session), connection.site_key);
    return;
  }
  TrimAll(max_idle_ - 1);
  ++counts_[connection.site_key];
  idle_.push_back({std::move(connection), Alarms::kNone});
  const auto position = std::prev(idle_.end());
  by_peer_[position->connection.peer_key].push_back(position);
  position->alarm = alarms_.Set(idle_time_, [this, position] { CloseOne(position); });
}

void ConnectionCache::Trim(const std::string& site_key, int max_idle) {
  int excess = count(site_key) - std::max(max_idle, 0);
  for (auto position = idle_.begin(); excess > 0 && position != idle_.end();) {
    const auto next = std::next(position);
    if (position->connection.site_key == site_key) {
      CloseOne(position);
      --excess;
    }
    position = next;
  }
}

void ConnectionCache::TrimAll(size_t max_idle) {
  while (idle_.size() > max_idle) CloseOne(idle_.begin());
}

void ConnectionCache::Drop() {
  while (!idle_.empty()) Remove(idle_.begin());
}

int ConnectionCache::count(const std::string& site_key) const {
  const auto found = counts_.find(site_key);
  return found == counts_.end() ? 0 : found->second;
}

Connection ConnectionCache::Remove(List::iterator position) {
  alarms_.Cancel(position->alarm);
  Connection connection = std::move(position->connection);
  const auto peers = by_peer_.find(connection.peer_key);
  peers->second.erase(std::find(peers->second.begin(), peers->second.end(), position));
  if (peers->second.empty()) by_peer_.erase(peers);
  idle_.erase(position);
  const auto count = counts_.find(connection.site_key);
  if (--count->second == 0) counts_.erase(count);
  return connection;
}

void ConnectionCache::Close() {
  max_idle_ = 0;
  TrimAll(0);
}

void ConnectionCache::CloseOne(List::iterator position) {
  Connection connection = Remove(position);
  close_(std::move(connection.session), connection.site_key);
}

}  // namespace mailstrom::delivery
