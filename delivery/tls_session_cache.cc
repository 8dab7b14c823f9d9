#include "delivery/tls_session_cache.h"

#include <iterator>

namespace mailstrom::delivery {

void TlsSessionCache::Put(const std::string& key, bssl::UniquePtr<SSL_SESSION> session) {
  Take(key);
  if (max_size_ == 0) return;
  if (sessions_.size() == max_size_) Take(std::string(sessions_.front().first));
  sessions_.emplace_back(key, std::move(session));
  by_key_[key] = std::prev(sessions_.end());
}

bssl::UniquePtr<SSL_SESSION> TlsSessionCache::Take(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  bssl::UniquePtr<SSL_SESSION> session = std::move(found->second->second);
  sessions_.erase(found->second);
  by_key_.erase(found);
  return session;
}

}  // namespace mailstrom::delivery
