#include "delivery/spawn.h"

#include <exception>
#include <utility>

#include "asio/bind_cancellation_slot.hpp"
#include "asio/co_spawn.hpp"
#include "asio/post.hpp"
#include "asio/this_coro.hpp"
#include "base/log.h"

namespace mailstrom::delivery {
namespace {

// Only for the log: no exception leaves this function.
std::string WhatOf(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "unknown";
  }
}

// An exception would come where an error is expected.
asio::awaitable<void> WithoutThrowing(asio::awaitable<void> coroutine) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(coroutine);
}

}  // namespace

void Spawn(const asio::any_io_executor& executor, std::string name, asio::awaitable<void> coroutine,
           std::shared_ptr<asio::cancellation_signal> cancel) {
  // co_spawn itself would begin at once when called on the executor.
  asio::post(executor, [executor, name = std::move(name), coroutine = std::move(coroutine),
                        cancel = std::move(cancel)]() mutable {
    auto done = [name = std::move(name), cancel](std::exception_ptr error) {
      if (error) LogError("coroutine threw", {{"name", name}, {"error", WhatOf(error)}});
    };
    asio::awaitable<void> safe = WithoutThrowing(std::move(coroutine));
    if (cancel == nullptr) {
      asio::co_spawn(executor, std::move(safe), std::move(done));
    } else {
      asio::co_spawn(executor, std::move(safe),
                     asio::bind_cancellation_slot(cancel->slot(), std::move(done)));
    }
  });
}

}  // namespace mailstrom::delivery
