#include "delivery/session_closer.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "delivery/spawn.h"

namespace mailstrom::delivery {

struct SessionCloser::State {
  absl::flat_hash_set<smtp::Session*> closing;
  // How many of them each site has.
  absl::flat_hash_map<std::string, int> counts;
  absl::AnyInvocable<void(const std::string& site_key)> closed;
};

SessionCloser::SessionCloser(asio::any_io_executor executor,
                             absl::AnyInvocable<void(const std::string& site_key)> closed)
    : executor_(std::move(executor)), state_(std::make_shared<State>()) {
  state_->closed = std::move(closed);
}

SessionCloser::~SessionCloser() { state_->closed = nullptr; }

void SessionCloser::Close(std::unique_ptr<smtp::Session> session, const std::string& site_key) {
  if (!session->usable()) return;
  state_->closing.insert(session.get());
  ++state_->counts[site_key];
  Spawn(executor_, "close", SayGoodbye(state_, std::move(session), site_key));
}

asio::awaitable<void> SessionCloser::SayGoodbye(std::shared_ptr<State> state,
                                                std::unique_ptr<smtp::Session> session,
                                                std::string site_key) {
  co_await session->Quit();
  state->closing.erase(session.get());
  session.reset();
  const auto count = state->counts.find(site_key);
  if (--count->second == 0) state->counts.erase(count);
  if (state->closed) state->closed(site_key);
}

void SessionCloser::AbortAll() {
  for (smtp::Session* session : state_->closing) session->Abort();
}

size_t SessionCloser::size() const { return state_->closing.size(); }

int SessionCloser::count(const std::string& site_key) const {
  const auto found = state_->counts.find(site_key);
  return found == state_->counts.end() ? 0 : found->second;
}

}  // namespace mailstrom::delivery
