#include "storage/worker_pool.h"

#include <atomic>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

TEST(WorkerPoolTest, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    WorkerPool pool(1);
    for (int i = 0; i < 100; ++i) pool.Post([&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(WorkerPoolTest, LanesTakeTurns) {
  std::string order;
  {
    WorkerPool pool(1);
    absl::Notification posted;
    pool.Post([&] { posted.WaitForNotification(); });
    for (int i = 0; i < 3; ++i) pool.Post([&] { order.push_back('1'); }, Lane::kAcceptance);
    pool.Post([&] { order.push_back('a'); });
    posted.Notify();
  }
  EXPECT_EQ(order, "1a11");
}

TEST(WorkerPoolTest, SeveralThreadsWorkAtOnce) {
  WorkerPool pool(2);
  absl::Notification first, second;
  absl::BlockingCounter both(2);
  // Each waits for the other, which one thread alone could not satisfy.
  pool.Post([&] {
    first.Notify();
    second.WaitForNotification();
    both.DecrementCount();
  });
  pool.Post([&] {
    second.Notify();
    first.WaitForNotification();
    both.DecrementCount();
  });
  both.Wait();
}

TEST(WorkerPoolTest, DestructionRunsWhatWasPostedMeanwhile) {
  std::atomic<int> runs = 0;
  {
    WorkerPool pool(1);
    pool.Post([&] {
      ++runs;
      pool.Post([&] { ++runs; });
    });
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace mailstrom::storage
