#include "delivery/spawn.h"

#include <memory>
#include <stdexcept>

#include "asio/experimental/as_tuple.hpp"
#include "asio/io_context.hpp"
#include "asio/steady_timer.hpp"
#include "asio/this_coro.hpp"
#include "asio/use_awaitable.hpp"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

asio::awaitable<void> SetTo(int* target, int value) {
  *target = value;
  co_return;
}

asio::awaitable<void> Throw() {
  throw std::runtime_error("a bug");
  co_return;
}

asio::awaitable<void> SpawnTwice(asio::any_io_executor executor, int* target, int* seen) {
  Spawn(executor, "inner", SetTo(target, 1));
  *seen = *target;
  co_return;
}

TEST(SpawnTest, NeverRunsInsideTheCall) {
  asio::io_context io;
  int target = 0;
  int seen = -1;
  Spawn(io.get_executor(), "outer", SpawnTwice(io.get_executor(), &target, &seen));
  EXPECT_EQ(seen, -1);
  io.run();
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(target, 1);
}

asio::awaitable<void> WaitTwice(int* steps) {
  for (int i = 0; i < 2; ++i) {
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
    ++*steps;
  }
}

TEST(SpawnTest, CancelEndsOneWaitAndTheCoroutineGoesOn) {
  asio::io_context io;
  int steps = 0;
  auto cancel = std::make_shared<asio::cancellation_signal>();
  Spawn(io.get_executor(), "waiter", WaitTwice(&steps), cancel);
  io.poll();
  EXPECT_EQ(steps, 0);
  cancel->emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_EQ(steps, 1);
  cancel->emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_EQ(steps, 2);
  EXPECT_TRUE(io.stopped());
}

TEST(SpawnTest, SurvivesAnException) {
  asio::io_context io;
  int target = 0;
  Spawn(io.get_executor(), "bad", Throw());
  Spawn(io.get_executor(), "good", SetTo(&target, 1));
  io.run();
  EXPECT_EQ(target, 1);
}

}  // namespace
}  // namespace mailstrom::delivery
