#ifndef MAILSTROM_DELIVERY_CONNECTION_CACHE_H_
#define MAILSTROM_DELIVERY_CONNECTION_CACHE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "base/alarms.h"
#include "delivery/smtp/session.h"

namespace mailstrom::delivery {

// An open session and what it may be used for again.
struct Connection {
  std::unique_ptr<smtp::Session> session;
  // Where it leads, from where and as whom: host, address, port, source, TLS and credentials. The
  // host's name decides over certificates, and a session in clear is not one that was asked to be
  // so, so only an equal key may use it.
  std::string peer_key;
  // Key of the site that counts it.
  std::string site_key;
  // Messages it was used for.
  int emails = 0;
};

// Keeps sessions open between the emails that need them. Lives on one strand.
class ConnectionCache {
 public:
  // Gets what is no longer wanted, and the key of its site.
  using CloseSession =
      absl::AnyInvocable<void(std::unique_ptr<smtp::Session>, const std::string& site_key)>;

  // `close` is called for each session that is not to be kept. An idle connection is closed after
  // `idle`; more than `max_idle` are never kept.
  ConnectionCache(Alarms& alarms, absl::Duration idle, size_t max_idle, CloseSession close);
  ~ConnectionCache();
  ConnectionCache(const ConnectionCache&) = delete;
  ConnectionCache& operator=(const ConnectionCache&) = delete;

  // The one that was used last, which is the least likely to have been closed by the peer.
  std::optional<Connection> Take(const std::string& peer_key);
  // Keeps an idle, usable connection.
  void Put(Connection connection);
  // Closes a session that is not to be kept.
  void Discard(std::unique_ptr<smtp::Session> session, const std::string& site_key) {
    close_(std::move(session), site_key);
  }
  // Closes the oldest ones until the site has at most `max_idle`.
  void Trim(const std::string& site_key, int max_idle);
  // The same over all sites.
  void TrimAll(size_t max_idle);
  // Closes all connections; keeps none from now on.
  void Close();
  // Breaks all connections, without a word.
  void Drop();

  size_t size() const { return idle_.size(); }
  int count(const std::string& site_key) const;

 private:
  struct Idle {
    Connection connection;
    Alarms::Id alarm = Alarms::kNone;
  };
  // Oldest first.
  using List = std::list<Idle>;

  Connection Remove(List::iterator position);
  void CloseOne(List::iterator position);

  Alarms& alarms_;
  const absl::Duration idle_time_;
  size_t max_idle_;
  CloseSession close_;
  List idle_;
  // By peer_key, oldest first.
  absl::flat_hash_map<std::string, std::vector<List::iterator>> by_peer_;
  absl::flat_hash_map<std::string, int> counts_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_CONNECTION_CACHE_H_
