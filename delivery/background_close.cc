#include "delivery/background_close.h"

#include <exception>
#include <utility>

#include "asio/co_spawn.hpp"
#include "base/log.h"

namespace mailstrom::delivery {
namespace {

asio::awaitable<void> QuitAndClose(std::unique_ptr<smtp::Session> session) {
  co_await session->Quit();
}

}  // namespace

void CloseInBackground(const asio::any_io_executor& executor,
                       std::unique_ptr<smtp::Session> session) {
  if (!session->usable()) return;
  asio::co_spawn(executor, QuitAndClose(std::move(session)), [](std::exception_ptr error) {
    if (error) LogError("closing a connection threw");
  });
}

}  // namespace mailstrom::delivery
