#ifndef MAILSTROM_DELIVERY_SPAWN_H_
#define MAILSTROM_DELIVERY_SPAWN_H_

#include <string>

#include "asio/any_io_executor.hpp"
#include "asio/awaitable.hpp"

namespace mailstrom::delivery {

// Runs `coroutine` on `executor`, from its next turn on, so never inside the call. It must not
// throw; when it does, the error is logged under `name` and nothing else happens.
void Spawn(const asio::any_io_executor& executor, std::string name,
           asio::awaitable<void> coroutine);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SPAWN_H_
