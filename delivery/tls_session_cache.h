#ifndef MAILSTROM_DELIVERY_TLS_SESSION_CACHE_H_
#define MAILSTROM_DELIVERY_TLS_SESSION_CACHE_H_

#include <cstddef>
#include <list>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "openssl/ssl.h"

namespace mailstrom::delivery {

// Keeps TLS sessions of peers, so that the next handshake with one is short: the newest for each
// key, of at most `max_size` keys. Whoever resumes a session relies on the verification under which
// it was made, so the key must tell that too. Lives on one strand.
class TlsSessionCache {
 public:
  explicit TlsSessionCache(size_t max_size) : max_size_(max_size) {}

  // When full, what was put longest ago is forgotten.
  void Put(const std::string& key, bssl::UniquePtr<SSL_SESSION> session);

  // Gives a session away; null when there is none. A ticket that is used once cannot link two
  // connections (RFC 8446 §C.4), and one that a peer chokes on is not tried again.
  bssl::UniquePtr<SSL_SESSION> Take(const std::string& key);

  size_t size() const { return sessions_.size(); }

 private:
  using List = std::list<std::pair<std::string, bssl::UniquePtr<SSL_SESSION>>>;

  const size_t max_size_;
  // Oldest first.
  List sessions_;
  absl::flat_hash_map<std::string, List::iterator> by_key_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_TLS_SESSION_CACHE_H_
