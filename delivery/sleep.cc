#include "delivery/sleep.h"

#include <memory>

#include "asio/experimental/as_tuple.hpp"
#include "asio/steady_timer.hpp"
#include "asio/this_coro.hpp"
#include "asio/use_awaitable.hpp"

namespace mailstrom::delivery {

asio::awaitable<void> Sleep(Alarms& alarms, absl::Duration duration) {
  // A timer that never expires serves as something to wait for; the alarm cancels the wait.
  auto wake = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor,
                                                   asio::steady_timer::time_point::max());
  alarms.Set(duration, [wake] { wake->cancel(); });
  co_await wake->async_wait(asio::experimental::as_tuple(asio::use_awaitable));
}

}  // namespace mailstrom::delivery
