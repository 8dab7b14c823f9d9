#include "delivery/session_closer.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "delivery/spawn.h"

namespace mailstrom::delivery {

struct SessionCloser::State {
  absl::flat_hash_set<smtp::Session*> closing;
  absl::AnyInvocable<void()> closed;
};

SessionCloser::SessionCloser(asio::any_io_executor executor, absl::AnyInvocable<void()> closed)
    : executor_(std::move(executor)), state_(std::make_shared<State>()) {
  state_->closed = std::move(closed);
}

SessionCloser::~SessionCloser() { state_->closed = nullptr; }

void SessionCloser::Close(std::unique_ptr<smtp::Session> session) {
  if (!session->usable()) return;
  state_->closing.insert(session.get());
  Spawn(executor_, "close", SayGoodbye(state_, std::move(session)));
}

asio::awaitable<void> SessionCloser::SayGoodbye(std::shared_ptr<State> state,
                                                std::unique_ptr<smtp::Session> session) {
  co_await session->Quit();
  state->closing.erase(session.get());
  session.reset();
  if (state->closed) state->closed();
}

void SessionCloser::AbortAll() {
  for (smtp::Session* session : state_->closing) session->Abort();
}

size_t SessionCloser::size() const { return state_->closing.size(); }

}  // namespace mailstrom::delivery
