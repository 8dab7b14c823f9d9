#ifndef MAILSTROM_DELIVERY_SPAWN_H_
#define MAILSTROM_DELIVERY_SPAWN_H_

#include <memory>
#include <string>

#include "asio/any_io_executor.hpp"
#include "asio/awaitable.hpp"
#include "asio/cancellation_signal.hpp"

namespace mailstrom::delivery {

// Runs `coroutine` on `executor`, from its next turn on, so never inside the call. It must not
// throw; when it does, the error is logged under `name` and nothing else happens. `cancel`, if any,
// may be emitted on the executor to make a wait that the coroutine is in end early, as far as that
// can be cancelled; the coroutine itself goes on.
void Spawn(const asio::any_io_executor& executor, std::string name, asio::awaitable<void> coroutine,
           std::shared_ptr<asio::cancellation_signal> cancel = nullptr);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SPAWN_H_
