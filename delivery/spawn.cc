#include "delivery/spawn.h"

#include <exception>
#include <utility>

#include "asio/co_spawn.hpp"
#include "asio/post.hpp"
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

}  // namespace

void Spawn(const asio::any_io_executor& executor, std::string name,
           asio::awaitable<void> coroutine) {
  // co_spawn itself would begin at once when called on the executor.
  asio::post(
      executor, [executor, name = std::move(name), coroutine = std::move(coroutine)]() mutable {
        asio::co_spawn(executor, std::move(coroutine),
                       [name = std::move(name)](std::exception_ptr error) {
                         if (error)
                           LogError("coroutine threw", {{"name", name}, {"error", WhatOf(error)}});
                       });
      });
}

}  // namespace mailstrom::delivery
