#include "tests/fakes/fake_connector.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "delivery/sleep.h"

namespace mailstrom::delivery {

void FakeConnector::Add(const std::string& address, std::shared_ptr<MemoryPeer> peer) {
  hosts_[address].peers.push_back(std::move(peer));
}

ScriptedPeer& FakeConnector::AddScript(const std::string& address) {
  auto peer = std::make_shared<ScriptedPeer>(clock_);
  scripts_.push_back(peer);
  Add(address, peer);
  return *peer;
}

void FakeConnector::Refuse(const std::string& address) {
  hosts_[address].black_hole = false;
  hosts_[address].factory = [](const Endpoint&) { return nullptr; };
}

void FakeConnector::BlackHole(const std::string& address) { hosts_[address].black_hole = true; }

void FakeConnector::Serve(const std::string& address, Factory factory) {
  hosts_[address].black_hole = false;
  hosts_[address].factory = std::move(factory);
}

int FakeConnector::connect_count(absl::string_view address) const {
  int count = 0;
  for (const Attempt& attempt : connects_) count += attempt.peer.address == address ? 1 : 0;
  return count;
}

std::string FakeConnector::ScriptErrors() const {
  for (const auto& script : scripts_) {
    if (!script->error().empty()) return script->error();
    if (script->connection() == nullptr) return "a script was never connected to";
    if (!script->done()) return absl::StrCat("script stands at: ", script->position());
  }
  return "";
}

std::shared_ptr<MemoryPeer> FakeConnector::NextPeer(const Endpoint& peer) {
  auto host = hosts_.find(peer.address);
  if (host != hosts_.end() && !host->second.peers.empty()) {
    std::shared_ptr<MemoryPeer> next = std::move(host->second.peers.front());
    host->second.peers.pop_front();
    return next;
  }
  if (host != hosts_.end() && host->second.factory) return host->second.factory(peer);
  return all_ ? all_(peer) : nullptr;
}

asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> FakeConnector::Connect(
    Endpoint peer, absl::Duration timeout) {
  connects_.push_back({clock_.Now(), peer});
  if (refused_sources_.count(peer.source) > 0) {
    co_return absl::FailedPreconditionError("connect: cannot use the source address");
  }
  auto host = hosts_.find(peer.address);
  if (host != hosts_.end() && host->second.black_hole && host->second.peers.empty()) {
    co_await Sleep(clock_, timeout);
    co_return absl::DeadlineExceededError("connect: no answer in time");
  }
  std::shared_ptr<MemoryPeer> server = NextPeer(peer);
  if (server == nullptr) co_return absl::UnavailableError("connect: connection refused");
  co_return std::make_unique<MemoryStream>(clock_, std::move(server));
}

}  // namespace mailstrom::delivery
