#ifndef MAILSTROM_TESTS_FAKES_FAKE_CONNECTOR_H_
#define MAILSTROM_TESTS_FAKES_FAKE_CONNECTOR_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "delivery/transport.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_stream.h"
#include "tests/fakes/scripted_peer.h"

namespace mailstrom::delivery {

// Connects to peers in memory, by address. An address that nothing was put on refuses.
class FakeConnector final : public Connector {
 public:
  // Makes the peer for one connection; null refuses it.
  using Factory = std::function<std::shared_ptr<MemoryPeer>(const Endpoint&)>;

  struct Attempt {
    absl::Time time;
    Endpoint peer;
  };

  explicit FakeConnector(FakeClock& clock) : clock_(clock) {}

  // The next connection to `address` that has none yet meets this peer. They queue up.
  void Add(const std::string& address, std::shared_ptr<MemoryPeer> peer);
  // The same, with a script to be filled in.
  ScriptedPeer& AddScript(const std::string& address);
  // Once its queued peers are used up, `address` refuses, or never answers, or is served by
  // `factory`.
  void Refuse(const std::string& address);
  void BlackHole(const std::string& address);
  void Serve(const std::string& address, Factory factory);
  // `source` is not an address of this host.
  void RefuseSource(const std::string& source) { refused_sources_.insert(source); }
  // For all addresses of which nothing else was said.
  void ServeAll(Factory factory) { all_ = std::move(factory); }

  // Every call of Connect, in order.
  const std::vector<Attempt>& connects() const { return connects_; }
  int connect_count(absl::string_view address) const;
  // The first error of the scripts handed out, or the position where one is not done; else empty.
  std::string ScriptErrors() const;

  asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> Connect(Endpoint peer,
                                                                   absl::Duration timeout) override;

 private:
  struct Host {
    std::deque<std::shared_ptr<MemoryPeer>> peers;
    bool black_hole = false;
    Factory factory;
  };

  std::shared_ptr<MemoryPeer> NextPeer(const Endpoint& peer);

  FakeClock& clock_;
  std::map<std::string, Host> hosts_;
  Factory all_;
  std::set<std::string> refused_sources_;
  std::vector<std::shared_ptr<ScriptedPeer>> scripts_;
  std::vector<Attempt> connects_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_TESTS_FAKES_FAKE_CONNECTOR_H_
