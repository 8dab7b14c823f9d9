#ifndef MAILSTROM_TESTS_FAKES_FAKE_LOOP_H_
#define MAILSTROM_TESTS_FAKES_FAKE_LOOP_H_

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "asio/awaitable.hpp"
#include "asio/co_spawn.hpp"
#include "asio/io_context.hpp"
#include "tests/fakes/fake_clock.h"

namespace mailstrom {

// Runs coroutines on one thread under a FakeClock: whenever nothing is left to do, time leaps to
// the next alarm. So hours pass in no time and in one order.
class FakeLoop {
 public:
  explicit FakeLoop(FakeClock& clock) : clock_(clock) {}

  asio::io_context& io() { return io_; }

  // Runs what can run without time passing.
  void Settle() {
    io_.restart();
    io_.poll();
  }

  // Lets `duration` pass, settling between alarms.
  void Advance(absl::Duration duration) {
    const absl::Time end = clock_.Now() + duration;
    Settle();
    while (clock_.AdvanceToNextAlarm(end)) Settle();
    clock_.Advance(end - clock_.Now());
    Settle();
  }

  // Lets time pass until `done`. False: nothing would ever happen any more, or `limit` has passed.
  bool RunUntil(const std::function<bool()>& done, absl::Duration limit = absl::Hours(24 * 365)) {
    const absl::Time end = clock_.Now() + limit;
    Settle();
    while (!done()) {
      if (!clock_.AdvanceToNextAlarm(end)) return false;
      Settle();
    }
    return true;
  }

  // Runs one coroutine to its end. Nothing: it hangs for ever.
  template <typename T>
  std::optional<T> Run(asio::awaitable<T> coroutine) {
    auto result = std::make_shared<std::optional<T>>();
    asio::co_spawn(io_, std::move(coroutine), [result](std::exception_ptr error, T value) {
      if (error) std::rethrow_exception(error);
      *result = std::move(value);
    });
    RunUntil([&] { return result->has_value(); });
    return std::move(*result);
  }

  // The same; false when it hangs.
  bool Run(asio::awaitable<void> coroutine) {
    auto done = std::make_shared<bool>(false);
    asio::co_spawn(io_, std::move(coroutine), [done](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
      *done = true;
    });
    return RunUntil([&] { return *done; });
  }

 private:
  FakeClock& clock_;
  asio::io_context io_;
};

}  // namespace mailstrom

#endif  // MAILSTROM_TESTS_FAKES_FAKE_LOOP_H_
